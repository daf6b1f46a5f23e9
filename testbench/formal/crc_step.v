// A byte's step of the CRC-32 against eight steps of a bit, as IEEE 802.3 has them; of the block in the checksum that takes a word's low byte.
// `deframer.v` relies on it for its own copy of the block.

always @(*) begin
  `PROVE(step_of_a_byte, low$result == byte_of_crc(low$state, low$data))
  `REACH(steps, enable && low$state == 32'hFFFFFFFF && low$data == 8'h01)
end
