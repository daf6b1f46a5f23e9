// A byte's step of the CRC-32 against eight steps of a bit, as IEEE 802.3 has them; of the block in the checksum that takes a word's low byte.
// `deframer.v` relies on it for its own copy of the block.

function [31:0] bit_of_crc(input [31:0] state, input data);
  bit_of_crc = (state >> 1) ^ ((state[0] ^ data) ? 32'hEDB88320 : 32'h0);
endfunction

function [31:0] byte_of_crc(input [31:0] state, input [7:0] data);
  integer i;
  begin
    byte_of_crc = state;
    for (i = 0; i < 8; i = i + 1) byte_of_crc = bit_of_crc(byte_of_crc, data[i]);
  end
endfunction

always @(*) begin
  `PROVE(step_of_a_byte, low$result == byte_of_crc(low$state, low$data))
  `REACH(steps, enable && low$state == 32'hFFFFFFFF && low$data == 8'h01)
end
