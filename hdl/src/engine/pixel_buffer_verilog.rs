//! Verilog of the [`PixelBuffer`](super::pixel_buffer::PixelBuffer), beside its model.
use std::fmt::Write;

const HOPS: usize = 10;

/// The module's body for lanes of `depth` bytes.
pub(super) fn body(depth: usize) -> String {
    let bits = depth.trailing_zeros() as usize;
    let mut v = String::new();
    declare_chain(&mut v, bits);
    advance_chain(&mut v, bits);
    for bank in 0..9 {
        read_bank(&mut v, bank, bits);
        for parity in 0..4 {
            lane(&mut v, bank, parity, depth);
        }
    }
    v
}

/// Pixel `p = 2·r + c` of a quad as the chain carries it: address, data.
fn declare_chain(v: &mut String, bits: usize) {
    let top = bits - 1;
    for p in 0..4 {
        let _ = writeln!(v, "reg [{top}:0] sum_a{p}; reg [7:0] sum_d{p};");
    }
    let _ = writeln!(
        v,
        "reg sum_v; reg [1:0] sum_r0, sum_r1, sum_c0, sum_c1; reg [{top}:0] sum_ch;\ninitial sum_v = 0;"
    );
    for h in 0..HOPS {
        for p in 0..4 {
            let _ = writeln!(v, "reg [{top}:0] h{h}_a{p}; reg [7:0] h{h}_d{p};");
        }
        let _ = writeln!(
            v,
            "reg h{h}_v; reg [1:0] h{h}_r0, h{h}_r1, h{h}_c0, h{h}_c1;\ninitial h{h}_v = 0;"
        );
    }
}

fn advance_chain(v: &mut String, bits: usize) {
    let top = bits - 1;
    let _ = writeln!(v, "always @(posedge clock) begin");
    for p in 0..4 {
        let (r, c) = (p / 2, p % 2);
        let _ = writeln!(
            v,
            "  sum_a{p} <= row{r}[{top}:0] + col{c}[{top}:0]; sum_d{p} <= quad[{}:{}];",
            8 * p + 7,
            8 * p
        );
        let _ = writeln!(v, "  h0_a{p} <= sum_a{p} + sum_ch; h0_d{p} <= sum_d{p};");
    }
    let _ = writeln!(
        v,
        "  sum_ch <= channel[{top}:0]; sum_v <= write; h0_v <= sum_v;
  sum_r0 <= row_bank; sum_r1 <= (row_bank == 2'd2) ? 2'd0 : row_bank + 2'd1;
  sum_c0 <= col_bank; sum_c1 <= (col_bank == 2'd2) ? 2'd0 : col_bank + 2'd1;
  h0_r0 <= sum_r0; h0_r1 <= sum_r1; h0_c0 <= sum_c0; h0_c1 <= sum_c1;"
    );
    for h in 1..HOPS {
        let g = h - 1;
        for p in 0..4 {
            let _ = writeln!(v, "  h{h}_a{p} <= h{g}_a{p}; h{h}_d{p} <= h{g}_d{p};");
        }
        let _ = writeln!(
            v,
            "  h{h}_v <= h{g}_v; h{h}_r0 <= h{g}_r0; h{h}_r1 <= h{g}_r1; h{h}_c0 <= h{g}_c0; h{h}_c1 <= h{g}_c1;"
        );
    }
    let _ = writeln!(v, "end");
}

/// A bank's read address, a copy for each of its four lanes: one register for all their memories would drive a wire too long.
fn read_bank(v: &mut String, bank: usize, bits: usize) {
    for parity in 0..4 {
        let l = 4 * bank + parity;
        let _ = writeln!(v, "wire [{}:0] ra{l};", bits - 1);
        for bit in 0..bits {
            let _ = writeln!(
                v,
                "rowfuse_keep_ff ra{l}_{bit} (.clock(clock), .d(read_address${bank}[{bit}]), .q(ra{l}[{bit}]));"
            );
        }
    }
}

/// One lane: the memories it is cut into by bit, their write enable, two data registers.
fn lane(v: &mut String, bank: usize, parity: usize, depth: usize) {
    let l = 4 * bank + parity;
    let (r, c) = (1 - parity / 2, 1 - parity % 2);
    let p = 2 * r + c;
    let (h, next) = (bank, bank + 1);
    let _ = writeln!(
        v,
        "reg we{l}; initial we{l} = 0;
always @(posedge clock) we{l} <= h{h}_v && (h{h}_r{r} == 2'd{}) && (h{h}_c{c} == 2'd{});
reg [7:0] q{l}_0, q{l}_1; initial begin q{l}_0 = 0; q{l}_1 = 0; end
always @(posedge clock) q{l}_1 <= q{l}_0;
always @(*) pixels[{hi}:{lo}] = q{l}_1;",
        bank / 3,
        bank % 3,
        hi = 8 * l + 7,
        lo = 8 * l
    );
    // One DP16KD each: 8192×2, 4096×4, or 2048×8 and smaller, as `EngineConfig::lane_slices` counts them.
    let slices = depth.div_ceil(2048);
    let width = 8 / slices;
    for s in 0..slices {
        let (hi, lo) = (width * s + width - 1, width * s);
        let _ = writeln!(
            v,
            "(* ram_style = \"block\", no_rw_check *) reg [{w}:0] m{l}_{s} [0:{last}];
{clear}always @(posedge clock) begin if (we{l}) m{l}_{s}[h{next}_a{p}] <= h{next}_d{p}[{hi}:{lo}]; q{l}_0[{hi}:{lo}] <= m{l}_{s}[ra{l}]; end",
            w = width - 1,
            last = depth - 1,
            clear = super::memory_clear(&format!("m{l}_{s}"), depth)
        );
    }
}
