//! The convolution datapath: pixel lanes and weights in, columns of Winograd sums out.
use super::array::{multiplier_array, ArrayInput};
use super::transform::input_transform;
use super::window::{window, WindowControl};
use super::{pixel_buffer, weight_buffer};
use crate::board::floorplan::Floorplan;
use crate::dataflow::{Dataflow, DataflowError, Graph, Leaf, LeafError, Packed, Range, Value};
use rust_hdl::prelude::*;

/// Stage of hop 0's weights at the graph's input, so that `U` meets `V` without waiting: window 3, `BᵀdB` 4 and one hop, less the weights' transform 4
/// and its register.
pub const WEIGHT_STAGE: u32 = pixel_buffer::READ_LATENCY + 3;

/// Registers on the sums' way from the array's ends, at the edges of the device, back to its middle.
const RETURN_REGISTERS: u32 = 2;

/// The datapath of `lanes` output channels.
///
/// Stage 0 is the clock in which the sequencer shows a tile's lane addresses together with `enable`, `last`, `row_bank`, `col_bank`,
/// `row_inside`, `col_inside` (6 bits each) and `pad`; `lane0..35` follow at the pixel buffer's latency, `weight0..9·lanes` at [`WEIGHT_STAGE`] plus
/// the hop of their channel. Outputs: `column0..5` (sums of rows 0..5) and `first`, see [`super::array::ArrayOutput`].
pub fn convolver(lanes: u32, floorplan: &Floorplan) -> Result<Dataflow, DataflowError> {
    let hops = lanes as usize;
    let mut graph = Graph::new("convolver");
    let g = &mut graph;
    let flag = |g: &mut Graph, name: &str| g.input(name, Range::bit());
    let bank = |g: &mut Graph, name: &str| g.input(name, Range { lo: 0, hi: 2 });
    let enable = flag(g, "enable");
    let last = flag(g, "last");
    let control = WindowControl {
        row_bank: bank(g, "row_bank"),
        col_bank: bank(g, "col_bank"),
        row_inside: std::array::from_fn(|i| flag(g, &format!("row_inside{i}"))),
        col_inside: std::array::from_fn(|i| flag(g, &format!("col_inside{i}"))),
        pad: g.input("pad", Range::unsigned(8)),
    };
    let pixels: Vec<Value> = (0..pixel_buffer::LANES)
        .map(|i| {
            let stage = pixel_buffer::READ_LATENCY;
            g.input_at(&format!("lane{i}"), Range::unsigned(8), stage)
        })
        .collect();
    let weights: Vec<Value> = (0..9 * hops)
        .map(|i| {
            let stage = WEIGHT_STAGE + weight_buffer::hop_of_channel(hops, i / 9) as u32;
            g.input_at(&format!("weight{i}"), Range::signed(8), stage)
        })
        .collect();
    g.scope("window");
    let d = window(g, &pixels, &control);
    g.scope("transform");
    let v = input_transform(g, d);
    let kernels = (0..hops)
        .map(|hop| {
            let channel = hops - 1 - hop;
            std::array::from_fn(|r| std::array::from_fn(|c| weights[9 * channel + 3 * r + c]))
        })
        .collect();
    let output = multiplier_array(
        g,
        ArrayInput {
            v,
            kernels,
            enable,
            last,
        },
        floorplan,
    );
    for (i, column) in output.column.into_iter().enumerate() {
        let column = (0..RETURN_REGISTERS).fold(column, |column, _| g.reg(column));
        g.output(&format!("column{i}"), column);
    }
    let first = (0..RETURN_REGISTERS).fold(output.first, |first, _| g.reg(first));
    g.output("first", first);
    graph.finish()
}

/// Bits of a sum in `columns`.
pub const COLUMN_PITCH: u32 = 36;

/// The datapath as a block; see [`convolver`] for its ports' timing.
#[derive(LogicBlock)]
pub struct Convolver {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// An input channel is issued.
    pub enable: Signal<In, Bit>,
    /// It is its tile's last.
    pub last: Signal<In, Bit>,
    /// Bank of the window's first sub-row, `0..=2`.
    pub row_bank: Signal<In, Bits<2>>,
    /// Bank of the window's first sub-column, `0..=2`.
    pub col_bank: Signal<In, Bits<2>>,
    /// Window row `i` lies inside the map.
    pub row_inside: Signal<In, Bits<6>>,
    /// Window column `j` lies inside the map.
    pub col_inside: Signal<In, Bits<6>>,
    /// The byte read outside.
    pub pad: Signal<In, Bits<8>>,
    /// Thirty-six lanes of 8 bits.
    pub pixels: Signal<In, Bits<288>>,
    /// K×9 weights of 8 bits.
    pub weights: Signal<In, Bits<288>>,
    /// Six sums, sign-extended to [`COLUMN_PITCH`] bits.
    pub columns: Signal<Out, Bits<216>>,
    /// A tile's first column.
    pub first: Signal<Out, Bit>,
    _leaf: Leaf,
}

impl Convolver {
    /// For `lanes` output channels a group: 1, 2 or 4. The floorplan is for synthesis only.
    ///
    /// # Errors
    /// If the graph cannot be built, which no legal configuration makes happen.
    pub fn new(lanes: u32, floorplan: &Floorplan) -> Result<Self, LeafError> {
        let inputs = [
            Packed::new("enable", 1, 1),
            Packed::new("last", 1, 1),
            Packed::new("row_bank", 1, 2),
            Packed::new("col_bank", 1, 2),
            Packed::new("row_inside", 6, 1),
            Packed::new("col_inside", 6, 1),
            Packed::new("pad", 1, 8),
            Packed::new("pixels", pixel_buffer::LANES, 8),
            Packed::new("weights", 9 * lanes as usize, 8),
        ];
        let outputs = [
            Packed::new("columns", 6, COLUMN_PITCH),
            Packed::new("first", 1, 1),
        ];
        Ok(Self {
            clock: Default::default(),
            enable: Default::default(),
            last: Default::default(),
            row_bank: Default::default(),
            col_bank: Default::default(),
            row_inside: Default::default(),
            col_inside: Default::default(),
            pad: Default::default(),
            pixels: Default::default(),
            weights: Default::default(),
            columns: Default::default(),
            first: Default::default(),
            _leaf: Leaf::new(convolver(lanes, floorplan)?, &inputs, &outputs)?,
        })
    }
}

crate::leaf_logic!(
    Convolver,
    _leaf,
    clock,
    [enable, last, row_bank, col_bank, row_inside, col_inside, pad, pixels, weights],
    [columns, first]
);
