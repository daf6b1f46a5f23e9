//! The emitted Verilog under Verilator, with a waveform of the cycles in which one tile goes through the engine.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rowfuse_spec::EngineConfig;

use super::tile_window::{Step, Strobes, TileCycles, TileWindow, Watch};
use super::{Compiled, Core, Outside, Simulated};
use crate::board::BoardError;
use crate::verilator::{Model, PortHandle, Progress, Toolchain};

/// Signals that tell where a tile is: a name, and the path below the system.
const PROBES: [(&str, &str); 4] = [
    ("watch_start", "accelerator.compute_issue.start"),
    ("watch_tile", "accelerator.sequencer.tile"),
    ("watch_tile_end", "accelerator.output_control.tile_end"),
    ("watch_written", "accelerator.writer.tile_written"),
];

/// Set once the waveform is complete.
pub type Traced = Arc<OnceLock<TileCycles>>;

/// A compiled model of a system's Verilog that writes a waveform while a tile goes through it.
pub struct Tracing<V> {
    verilated: V,
    probes: [PortHandle; PROBES.len()],
    watch: Option<Watch>,
    path: PathBuf,
    /// Half a clock period in picoseconds.
    half_period: u64,
    traced: Traced,
}

impl<V: Compiled> Tracing<V> {
    /// A board of `V` that writes the waveform of the first program's tile `window` to `path`, as VCD.
    /// Times are those since the program's start. What is returned beside it says when the file is complete.
    ///
    /// # Errors
    /// If the configuration is not legal, or Verilator or a C++ compiler is missing or fails.
    pub fn board(
        config: &EngineConfig,
        window: TileWindow,
        path: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(Simulated<Tracing<V>>, Traced), BoardError> {
        let mut design = V::design(config)?.traceable();
        for (name, signal) in PROBES {
            design = design.probe(name, 1, signal);
        }
        let model = Model::from_design(&Toolchain::find()?, &design, progress)?;
        let mut probes = [PortHandle {
            offset: 0,
            width: 1,
        }; PROBES.len()];
        for (handle, (name, _)) in probes.iter_mut().zip(PROBES) {
            *handle = model.output(name)?;
        }
        let traced = Traced::default();
        let core = Tracing {
            verilated: V::of(model)?,
            probes,
            watch: Some(Watch::new(window)),
            path: path.to_owned(),
            half_period: 500_000 / u64::from(config.clock_mhz.max(1)),
            traced: traced.clone(),
        };
        Ok((Simulated::new(core, config)?, traced))
    }
}

impl<V: Compiled> Core for Tracing<V> {
    type Outside = V::Outside;

    fn kind(&self) -> &'static str {
        "verilated"
    }

    fn cycle(
        &mut self,
        inputs: &<V::Outside as Outside>::Inputs,
    ) -> Result<<V::Outside as Outside>::Outputs, BoardError> {
        let outputs = self.verilated.cycle(inputs)?;
        let Some(watch) = &mut self.watch else {
            return Ok(outputs);
        };
        let record = self.verilated.model().outputs();
        let [start, tile, tile_end, written] = self.probes.map(|probe| probe.read(record) != 0);
        let step = watch.see(Strobes {
            busy: V::busy(&outputs),
            start,
            tile,
            tile_end,
            written,
        });
        let model = self.verilated.model();
        match step {
            Step::Stay => {}
            Step::Open(cycle) => {
                let start = cycle * 2 * self.half_period;
                model.start_trace(&self.path, start, self.half_period)?;
            }
            Step::Close(cycles) => {
                model.stop_trace();
                self.watch = None;
                // Nobody else sets it.
                let _ = self.traced.set(cycles);
            }
        }
        Ok(outputs)
    }

    fn cycles_per_poll(&self) -> u64 {
        20_000
    }
}
