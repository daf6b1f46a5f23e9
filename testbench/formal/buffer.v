// What a memory of words owes, told of one address that the solver chooses: a read of it shows, a clock later, what was last
// written there before, and the word stays until the next read. `receive_queue.v` relies on exactly this.
// Parameters: BITS (of an address).

wire [BITS-1:0] slot = $anyconst;
reg written = 0;
reg [15:0] stored;
reg asked = 0;
reg [15:0] expected;

always @(posedge clock) begin
  if (write_enable && write_address == slot) begin
    written <= 1;
    stored <= write_data;
  end
  if (read_enable) begin
    asked <= written && read_address == slot;
    expected <= stored;
  end
end

always @(*) begin
  `PROVE(read_back, !asked || read_data == expected)
  `PROVE(content, !written || words[slot] == stored)
  `REACH(read_while_written, asked && write_enable && write_address == slot && read_enable && read_address == slot && write_data != stored)
  `REACH(old_word_read, asked && expected != stored)
  `REACH(held, asked && !read_enable)
end
