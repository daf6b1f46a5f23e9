//! Reads each channel's requantisation parameters in time for its rows.
use super::delay_line::DelayLine;
use super::fixed::Fixed;
use super::output_stage::{FIRST_ROW_DELAY, PARAMETER_STAGE};
use super::parameter_buffer::READ_LATENCY;
use rust_hdl::prelude::*;

/// Clocks from a tile's first column to its first channel's address: the parameters must stand `PARAMETER_STAGE + FIRST_ROW_DELAY` clocks
/// after the column for four clocks, and the address holds for six; one spare clock on either side.
const DELAY: u32 = PARAMETER_STAGE + FIRST_ROW_DELAY - READ_LATENCY - 2;

/// Addresses the parameter table: after each `first` strobe the channels of the tile's group for six clocks each.
#[derive(LogicBlock, Default)]
pub struct ParameterControl {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Begins a command.
    pub start: Signal<In, Bit>,
    /// The convolver shows a tile's first column.
    pub first: Signal<In, Bit>,
    /// CONV field.
    pub tile_rows: Signal<In, Bits<16>>,
    /// CONV field.
    pub tile_cols: Signal<In, Bits<16>>,
    /// CONV field.
    pub parameter_index: Signal<In, Bits<16>>,
    /// Channel to read.
    pub address: Signal<Out, Bits<16>>,
    delayed: DelayLine,
    count: DFF<Bits<3>>,
    tx: DFF<Bits<16>>,
    ty: DFF<Bits<16>>,
    base: DFF<Bits<16>>,
    current: DFF<Bits<16>>,
    next_tx: Signal<Local, Bits<16>>,
    next_ty: Signal<Local, Bits<16>>,
    lanes: Fixed<16>,
}

impl ParameterControl {
    /// For `lanes` channels a group.
    pub fn new(lanes: u32) -> Self {
        Self {
            delayed: DelayLine::new(DELAY as usize),
            lanes: Fixed::new(lanes.into()),
            ..Default::default()
        }
    }
}

impl Logic for ParameterControl {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, count, tx, ty, base, current);
        self.delayed.clock.next = self.clock.val();
        self.delayed.strobe_in.next = self.first.val();
        self.next_tx.next = self.tx.q.val() + 1;
        self.next_ty.next = self.ty.q.val() + 1;
        self.count.d.next = self.count.q.val() + 1;
        if self.count.q.val() == 5 {
            self.count.d.next = 0.into();
            self.current.d.next = self.current.q.val() + 1;
        }
        if self.delayed.strobe_out.val() {
            self.count.d.next = 0.into();
            self.current.d.next = self.base.q.val();
            self.tx.d.next = self.next_tx.val();
            if self.next_tx.val() == self.tile_cols.val() {
                self.tx.d.next = 0.into();
                self.ty.d.next = self.next_ty.val();
                if self.next_ty.val() == self.tile_rows.val() {
                    self.ty.d.next = 0.into();
                    self.base.d.next = self.base.q.val() + self.lanes.value.val();
                }
            }
        }
        if self.start.val() {
            self.tx.d.next = 0.into();
            self.ty.d.next = 0.into();
            self.base.d.next = self.parameter_index.val();
        }
        self.address.next = self.current.q.val();
    }
}
