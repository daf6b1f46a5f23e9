// The CRC-32 of words, computed once more bit by bit (`crc.v`): all ones before and inverted behind, each
// word's low byte first.

reg begun = 0;
reg [31:0] golden;
always @(posedge clock)
  if (clear) begin
    begun <= 1;
    golden <= 32'hFFFFFFFF;
  end else if (enable) golden <= byte_of_crc(byte_of_crc(golden, word[7:0]), word[15:8]);

always @(*) begin
  `PROVE(agrees, !begun || value == ~golden)
  `REACH(three_words, begun && value == 32'h00000000)
  `REACH(begins_anew, begun && clear && value != 0)
end
