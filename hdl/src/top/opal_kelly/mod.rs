//! The design for an Opal Kelly XEM7010.

mod ddr3;
mod host_interface;
mod system;

pub use ddr3::Ddr3;
pub use host_interface::HostInterface;
pub use system::{OkSystem, INPUTS, OUTPUTS, SIMULATED_FILL_CLOCKS};

use super::lights::{Lights, LIGHT_CLOCKS};
use crate::accelerator::BuildError;
use rowfuse_spec::config::Family;
use rowfuse_spec::EngineConfig;
use rust_hdl::prelude::*;

/// Everything that is on the FPGA of an XEM7010: [`OkSystem`] between the vendor's host interface and memory controller, and the lights.
///
/// The lights are [`Lights`]', low when lit. There is no button: the host resets by a wire.
#[derive(LogicBlock)]
pub struct OkTop {
    /// From the module's USB microcontroller; bit 0 is its clock.
    pub hi_in: Signal<In, Bits<8>>,
    /// To it.
    pub hi_out: Signal<Out, Bits<2>>,
    /// Both ways.
    pub hi_inout: Signal<InOut, Bits<16>>,
    /// Both ways.
    pub hi_aa: Signal<InOut, Bit>,
    /// Low: the microcontroller has the bus.
    pub hi_muxsel: Signal<Out, Bit>,
    /// The lights, low when lit.
    pub led: Signal<Out, Bits<8>>,
    /// The board's 200 MHz, positive.
    pub sys_clk_p: Signal<In, Bit>,
    /// Negative.
    pub sys_clk_n: Signal<In, Bit>,
    /// Data.
    pub ddr3_dq: Signal<InOut, Bits<16>>,
    /// Strobes, negative.
    pub ddr3_dqs_n: Signal<InOut, Bits<2>>,
    /// Positive.
    pub ddr3_dqs_p: Signal<InOut, Bits<2>>,
    /// Row, column or mode.
    pub ddr3_addr: Signal<Out, Bits<15>>,
    /// Bank.
    pub ddr3_ba: Signal<Out, Bits<3>>,
    /// Row address strobe, active low.
    pub ddr3_ras_n: Signal<Out, Bit>,
    /// Column address strobe, active low.
    pub ddr3_cas_n: Signal<Out, Bit>,
    /// Write enable, active low.
    pub ddr3_we_n: Signal<Out, Bit>,
    /// Reset, active low.
    pub ddr3_reset_n: Signal<Out, Bit>,
    /// The chip's clock, positive.
    pub ddr3_ck_p: Signal<Out, Bit>,
    /// Negative.
    pub ddr3_ck_n: Signal<Out, Bit>,
    /// Clock enable.
    pub ddr3_cke: Signal<Out, Bit>,
    /// Byte masks.
    pub ddr3_dm: Signal<Out, Bits<2>>,
    /// Termination.
    pub ddr3_odt: Signal<Out, Bit>,
    host: HostInterface,
    memory: Ddr3,
    core: OkSystem,
    lights: Lights,
}

impl OkTop {
    /// Builds the top level of a configuration.
    ///
    /// # Errors
    /// If the configuration is not legal or not for an Artix-7.
    pub fn new(config: &EngineConfig) -> Result<Self, BuildError> {
        if config.device.family() != Family::Artix7 {
            return Err(BuildError::NotXem7010(config.name.clone()));
        }
        Self::of(config)
    }

    /// The same for any configuration, such as a small one: what a check by a synthesis tool takes little time for.
    ///
    /// # Errors
    /// If the configuration is not legal.
    pub fn of(config: &EngineConfig) -> Result<Self, BuildError> {
        Ok(Self {
            hi_in: Default::default(),
            hi_out: Default::default(),
            hi_inout: Default::default(),
            hi_aa: Default::default(),
            hi_muxsel: Default::default(),
            led: Default::default(),
            sys_clk_p: Default::default(),
            sys_clk_n: Default::default(),
            ddr3_dq: Default::default(),
            ddr3_dqs_n: Default::default(),
            ddr3_dqs_p: Default::default(),
            ddr3_addr: Default::default(),
            ddr3_ba: Default::default(),
            ddr3_ras_n: Default::default(),
            ddr3_cas_n: Default::default(),
            ddr3_we_n: Default::default(),
            ddr3_reset_n: Default::default(),
            ddr3_ck_p: Default::default(),
            ddr3_ck_n: Default::default(),
            ddr3_cke: Default::default(),
            ddr3_dm: Default::default(),
            ddr3_odt: Default::default(),
            host: HostInterface::new(config.id()),
            memory: Default::default(),
            core: OkSystem::new(config)?,
            lights: Lights::new(LIGHT_CLOCKS),
        })
    }

    /// The Verilog of a configuration's top level, module `top`, and the primitives under it; the vendors' modules are not in it.
    ///
    /// # Errors
    /// As [`OkTop::new`].
    pub fn verilog(config: &EngineConfig) -> Result<String, BuildError> {
        Ok(Self::new(config)?.emit())
    }

    /// This top level's Verilog.
    pub fn emit(mut self) -> String {
        self.hi_inout.connect();
        self.hi_aa.connect();
        self.ddr3_dq.connect();
        self.ddr3_dqs_n.connect();
        self.ddr3_dqs_p.connect();
        self.connect_all();
        format!(
            "{}\n{}",
            generate_verilog_unchecked(&self),
            crate::primitives::verilog_for(Family::Artix7)
        )
    }
}

impl Logic for OkTop {
    #[hdl_gen]
    fn update(&mut self) {
        self.host.hi_in.next = self.hi_in.val();
        self.hi_out.next = self.host.hi_out.val();
        self.hi_muxsel.next = self.host.hi_muxsel.val();
        Signal::<InOut, Bits<16>>::link(&mut self.hi_inout, &mut self.host.hi_inout);
        Signal::<InOut, Bit>::link(&mut self.hi_aa, &mut self.host.hi_aa);

        self.core.ti_clk.next = self.host.ti_clk.val();
        self.core.in_write.next = self.host.in_write.val();
        self.core.in_blockstrobe.next = self.host.in_blockstrobe.val();
        self.core.in_dataout.next = self.host.in_dataout.val();
        self.host.in_ready.next = self.core.in_ready.val();
        self.core.out_read.next = self.host.out_read.val();
        self.core.out_blockstrobe.next = self.host.out_blockstrobe.val();
        self.host.out_datain.next = self.core.out_datain.val();
        self.host.out_ready.next = self.core.out_ready.val();
        self.core.control.next = self.host.control.val();
        self.host.status.next = self.core.status.val();
        self.host.blocks.next = self.core.blocks.val();

        self.core.clock.next = self.memory.clock.val();
        self.memory.sys_clk_p.next = self.sys_clk_p.val();
        self.memory.sys_clk_n.next = self.sys_clk_n.val();
        self.core.init_calib_complete.next = self.memory.init_calib_complete.val();
        self.memory.app_addr.next = self.core.app_addr.val();
        self.memory.app_cmd.next = self.core.app_cmd.val();
        self.memory.app_en.next = self.core.app_en.val();
        self.core.app_rdy.next = self.memory.app_rdy.val();
        self.memory.app_wdf_data.next = self.core.app_wdf_data.val();
        self.memory.app_wdf_end.next = self.core.app_wdf_end.val();
        self.memory.app_wdf_wren.next = self.core.app_wdf_wren.val();
        self.memory.app_wdf_mask.next = self.core.app_wdf_mask.val();
        self.core.app_wdf_rdy.next = self.memory.app_wdf_rdy.val();
        self.core.app_rd_data.next = self.memory.app_rd_data.val();
        self.core.app_rd_data_valid.next = self.memory.app_rd_data_valid.val();
        Signal::<InOut, Bits<16>>::link(&mut self.ddr3_dq, &mut self.memory.ddr3_dq);
        Signal::<InOut, Bits<2>>::link(&mut self.ddr3_dqs_n, &mut self.memory.ddr3_dqs_n);
        Signal::<InOut, Bits<2>>::link(&mut self.ddr3_dqs_p, &mut self.memory.ddr3_dqs_p);
        self.ddr3_addr.next = self.memory.ddr3_addr.val();
        self.ddr3_ba.next = self.memory.ddr3_ba.val();
        self.ddr3_ras_n.next = self.memory.ddr3_ras_n.val();
        self.ddr3_cas_n.next = self.memory.ddr3_cas_n.val();
        self.ddr3_we_n.next = self.memory.ddr3_we_n.val();
        self.ddr3_reset_n.next = self.memory.ddr3_reset_n.val();
        self.ddr3_ck_p.next = self.memory.ddr3_ck_p.val();
        self.ddr3_ck_n.next = self.memory.ddr3_ck_n.val();
        self.ddr3_cke.next = self.memory.ddr3_cke.val();
        self.ddr3_dm.next = self.memory.ddr3_dm.val();
        self.ddr3_odt.next = self.memory.ddr3_odt.val();

        self.lights.clock.next = self.memory.clock.val();
        self.lights.frame_good.next = self.core.frame_good.val();
        self.lights.frame_bad.next = self.core.frame_bad.val();
        self.lights.busy.next = self.core.busy.val();
        self.lights.program_failed.next = self.core.program_failed.val();
        self.led.next = !self.lights.led.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::xem7010::black_boxes;
    use rowfuse_spec::config::preset;

    #[test]
    fn a_configuration_for_another_board_is_refused() {
        let error = OkTop::new(&preset("ulx3s-45f").unwrap()).err();
        assert!(error.is_some_and(|error| error.to_string().contains("ulx3s-45f")));
    }

    /// Every port of a black box is connected by its name, and by no other.
    #[test]
    fn the_vendors_modules_are_connected_by_their_ports() {
        // The design, by value, is more than a test's stack holds.
        let emit = || OkTop::of(&preset("tiny-1").unwrap()).unwrap().emit();
        let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(emit);
        let verilog = thread.unwrap().join().unwrap();
        let lines: Vec<&str> = verilog.lines().map(str::trim).collect();
        let verilog = lines.join("\n");
        let names = |text: &str| -> Vec<String> {
            let word = |part: &str| {
                let legal = |c: &char| c.is_alphanumeric() || *c == '_';
                part.chars().take_while(legal).collect::<String>()
            };
            let mut found: Vec<String> = text.split('.').skip(1).map(word).collect();
            found.sort();
            found
        };
        for text in black_boxes().split("(* blackbox *)\nmodule ").skip(1) {
            let (module, ports) = text.split_once(' ').unwrap();
            let ports = ports.split(';').next().unwrap();
            let ports = ports.rsplit("= 1)").next().unwrap();
            let mut declared: Vec<String> = ports
                .trim_matches(|c: char| "() \n".contains(c))
                .split(',')
                .map(|port| port.split_whitespace().last().unwrap().to_owned())
                .collect();
            declared.sort();
            let begin = format!("\n{module} ");
            let instances: Vec<&str> = verilog.split(&begin).skip(1).collect();
            assert!(!instances.is_empty(), "{module}");
            for instance in instances {
                let connected = instance.split(';').next().unwrap();
                let connected = connected.rsplit("#(.N(7))").next().unwrap();
                assert_eq!(names(connected), declared, "{module}");
            }
        }
    }
}
