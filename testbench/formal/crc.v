// The CRC-32 bit by bit as in IEEE 802.3, reflected polynomial EDB88320: put before the properties that compare with it.

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

