//! What the memory chip's data sheet demands, in nanoseconds and in clocks.
//!
//! The controller and the chip model's checker both read [`SdramClocks`]; no figure is written down twice.

use super::error::SdramError;

/// Lowest clock that the controller supports, MHz.
pub const MIN_CLOCK_MHZ: u32 = 50;
/// Refreshes that may be owed at most, here and in the checker.
pub const MAX_POSTPONED: u32 = 8;

/// The figures of one part of 4 banks × 8192 rows × 512 columns × 16 bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SdramTiming {
    /// The part.
    pub part: &'static str,
    /// Where the figures come from.
    pub source: &'static str,
    /// Highest clock at a CAS latency of 2, MHz.
    pub max_mhz_cl2: u32,
    /// Highest clock at a CAS latency of 3, MHz.
    pub max_mhz_cl3: u32,
    /// Stable clock before the first command.
    pub power_up_ns: u64,
    /// Refreshes before the first access.
    pub initial_refreshes: u32,
    /// tRCD: ACTIVE to READ or WRITE of the same bank.
    pub rcd_ns: u64,
    /// tRP: PRECHARGE to ACTIVE of the same bank, or to REFRESH.
    pub rp_ns: u64,
    /// tRAS: ACTIVE to PRECHARGE of the same bank, least.
    pub ras_ns: u64,
    /// tRAS: ACTIVE to PRECHARGE of the same bank, most.
    pub ras_max_ns: u64,
    /// tRC: ACTIVE to ACTIVE of the same bank.
    pub rc_ns: u64,
    /// tRRD: ACTIVE to ACTIVE of another bank.
    pub rrd_ns: u64,
    /// tWR, also called tDPL: last word written to PRECHARGE of the same bank.
    pub wr_ns: u64,
    /// tRFC: REFRESH to the next command.
    pub rfc_ns: u64,
    /// tMRD: MODE REGISTER SET to the next command, clocks.
    pub mrd_clocks: u32,
    /// Within this time all rows are refreshed.
    pub refresh_period_ns: u64,
    /// REFRESH commands that refresh all rows.
    pub refreshes: u32,
}

/// Alliance AS4C16M16SA-7, 143 MHz. The AS4C32M16SB-7, whose second 512 columns the controller leaves alone, has the same figures.
pub const AS4C16M16SA_7: SdramTiming = SdramTiming {
    part: "AS4C16M16SA-7",
    source: "Alliance Memory AS4C16M16SA-C&I, Rev. 3.0, March 2015, table 16",
    max_mhz_cl2: 100,
    max_mhz_cl3: 143,
    power_up_ns: 200_000,
    initial_refreshes: 8,
    rcd_ns: 21,
    rp_ns: 21,
    ras_ns: 42,
    ras_max_ns: 120_000,
    rc_ns: 63,
    rrd_ns: 14,
    wr_ns: 14,
    rfc_ns: 63,
    mrd_clocks: 2,
    refresh_period_ns: 64_000_000,
    refreshes: 8192,
};

/// The same figures in clocks of one frequency. Least distances are rounded up, greatest ones down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SdramClocks {
    /// The clock, MHz.
    pub clock_mhz: u32,
    /// CAS latency of the mode register: 2 or 3.
    pub cas_latency: u32,
    /// Stable clock before the first command.
    pub power_up: u32,
    /// Refreshes before the first access.
    pub initial_refreshes: u32,
    /// tRCD.
    pub rcd: u32,
    /// tRP.
    pub rp: u32,
    /// tRAS, least.
    pub ras: u32,
    /// tRAS, most.
    pub ras_max: u32,
    /// tRC.
    pub rc: u32,
    /// tRRD.
    pub rrd: u32,
    /// tWR.
    pub wr: u32,
    /// tRFC.
    pub rfc: u32,
    /// tMRD.
    pub mrd: u32,
    /// Within this many clocks all rows are refreshed.
    pub refresh_period: u32,
    /// REFRESH commands that refresh all rows.
    pub refreshes: u32,
}

impl SdramTiming {
    /// The figures in clocks of `clock_mhz` MHz for a mode register with `cas_latency`.
    ///
    /// # Errors
    /// If the part does not run at that clock with that latency.
    pub fn clocks(&self, clock_mhz: u32, cas_latency: u32) -> Result<SdramClocks, SdramError> {
        let max = match cas_latency {
            2 => self.max_mhz_cl2,
            3 => self.max_mhz_cl3,
            _ => return Err(SdramError::CasLatency(cas_latency)),
        };
        if !(MIN_CLOCK_MHZ..=max).contains(&clock_mhz) {
            return Err(SdramError::Clock {
                part: self.part,
                clock_mhz,
                cas_latency,
                max,
            });
        }
        let least = |ns: u64| (ns * u64::from(clock_mhz)).div_ceil(1000) as u32;
        let most = |ns: u64| (ns * u64::from(clock_mhz) / 1000) as u32;
        Ok(SdramClocks {
            clock_mhz,
            cas_latency,
            power_up: least(self.power_up_ns),
            initial_refreshes: self.initial_refreshes,
            rcd: least(self.rcd_ns),
            rp: least(self.rp_ns),
            ras: least(self.ras_ns),
            ras_max: most(self.ras_max_ns),
            rc: least(self.rc_ns),
            rrd: least(self.rrd_ns),
            wr: least(self.wr_ns),
            rfc: least(self.rfc_ns),
            mrd: self.mrd_clocks,
            refresh_period: most(self.refresh_period_ns),
            refreshes: self.refreshes,
        })
    }

    /// The least CAS latency at that clock.
    pub fn fastest_cas_latency(&self, clock_mhz: u32) -> u32 {
        if clock_mhz <= self.max_mhz_cl2 {
            2
        } else {
            3
        }
    }
}

impl SdramClocks {
    /// Clocks between two refreshes such that the period holds even if one of them comes at once and another is
    /// postponed by [`MAX_POSTPONED`] intervals.
    pub fn refresh_interval(&self) -> u32 {
        self.refresh_period / (self.refreshes + MAX_POSTPONED)
    }

    /// What the mode register holds: bursts of one word, sequential, and the CAS latency.
    pub fn mode_register(&self) -> u16 {
        (self.cas_latency << 4) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_rounded_to_the_safe_side() {
        // Worked out by hand: clock, tRCD, tRP, tRAS, tRC, tRRD, tWR, tRFC, power-up, tRAS max.
        let table = [
            (50, [2, 2, 3, 4, 1, 1, 4, 10_000, 6_000]),
            (80, [2, 2, 4, 6, 2, 2, 6, 16_000, 9_600]),
            (100, [3, 3, 5, 7, 2, 2, 7, 20_000, 12_000]),
            (125, [3, 3, 6, 8, 2, 2, 8, 25_000, 15_000]),
            (143, [4, 4, 7, 10, 3, 3, 10, 28_600, 17_160]),
        ];
        for (mhz, expected) in table {
            let c = AS4C16M16SA_7.clocks(mhz, 3).unwrap();
            let found = [
                c.rcd, c.rp, c.ras, c.rc, c.rrd, c.wr, c.rfc, c.power_up, c.ras_max,
            ];
            assert_eq!(found, expected, "{mhz} MHz");
        }
    }

    #[test]
    fn the_refresh_period_holds_with_postponement() {
        for mhz in MIN_CLOCK_MHZ..=143 {
            let c = AS4C16M16SA_7.clocks(mhz, 3).unwrap();
            assert_eq!(c.refresh_period, 64_000 * mhz);
            assert!(c.refresh_interval() * (8192 + MAX_POSTPONED) <= c.refresh_period);
            assert!((c.refresh_interval() + 1) * (8192 + MAX_POSTPONED) > c.refresh_period);
        }
    }

    #[test]
    fn clocks_out_of_range_are_refused() {
        let part = AS4C16M16SA_7;
        assert_eq!(part.clocks(100, 4), Err(SdramError::CasLatency(4)));
        for (mhz, cl) in [(49, 3), (101, 2), (144, 3)] {
            let error = part.clocks(mhz, cl).unwrap_err();
            assert!(matches!(error, SdramError::Clock { .. }), "{error}");
        }
        assert_eq!(part.fastest_cas_latency(100), 2);
        assert_eq!(part.fastest_cas_latency(101), 3);
    }
}
