//! How quick the memory of Artix-7 boards is: their DDR3 is assumed, the adapter before it (`mig`) is known.

/// Nanoseconds from one refresh to the next (tREFI, JESD79-3).
const REFRESH_NS: u32 = 7_800;

/// Words that one access moves, a line: the burst of eight of a 16-bit DDR3, in one clock of a 4:1 controller.
pub const LINE_WORDS: usize = 8;
/// Clocks from a request's acceptance to its first `app_en` (for a write: to the first `wr_next`), if nothing is before it.
pub const LATENCY: u32 = 2;
/// Clocks from `app_rd_data_valid` to the line's first word on the port, if nothing is before it.
pub const RETURN_LATENCY: u32 = 2;

/// What of a DDR3's rows, refreshes and calibration shows at MIG's user interface, in clocks of `ui_clk`.
///
/// It is an assumption, not a measurement: nothing here has run on a module. Predictions of cycles and the simulated memory both use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ddr3Timing {
    /// Least clocks from an access to its line: the row is open.
    pub least_latency: u32,
    /// Most, apart from refreshes and from waiting for other lines: another row must be closed.
    pub most_latency: u32,
    /// Clocks from one refresh to the next.
    pub refresh_interval: u32,
    /// Clocks of a refresh with the commands around it, in which no access is taken and no line comes.
    pub refresh_clocks: u32,
}

impl Ddr3Timing {
    /// DDR3-800 behind MIG with four of the chip's clocks in one of its own, at so many MHz: 24 clocks to a line of an open row, 30 to another
    /// one's, 260 ns for a refresh (tRFC of 4 Gbit, JESD79-3) and ten clocks around it.
    pub const fn assumed(clock_mhz: u32) -> Ddr3Timing {
        Ddr3Timing {
            least_latency: 24,
            most_latency: 30,
            // A clock that no board has is refused elsewhere; it must not overflow here.
            refresh_interval: REFRESH_NS.saturating_mul(clock_mhz) / 1000,
            refresh_clocks: clock_mhz.saturating_mul(260).div_ceil(1000) + 10,
        }
    }

    /// Clocks to a line, in the mean.
    pub const fn latency(&self) -> u32 {
        (self.least_latency + self.most_latency).div_ceil(2)
    }

    /// Clocks from a read's acceptance to its first word, in the mean, if nothing is before it.
    pub const fn first_word(&self) -> u32 {
        LATENCY + self.latency() + RETURN_LATENCY
    }
}
