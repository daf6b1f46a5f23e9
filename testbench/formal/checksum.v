// The CRC-32 of words, computed once more bit by bit as in IEEE 802.3: reflected polynomial EDB88320, all ones before and inverted behind, each
// word's low byte first.

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
