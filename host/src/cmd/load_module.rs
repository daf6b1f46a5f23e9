//! `rowfuse load` into an Opal Kelly module.

use super::load::Load;
use crate::cli::{Context, Failure, Report};
use rowfuse::bitstream::{BitstreamError, File, Listed};
use rowfuse::frontpanel::{self, Loaded};
use rowfuse_spec::config::presets;
use serde_json::json;
use std::time::Instant;

impl Load {
    /// Configures the module's FPGA with a file; none comes with rowfuse, so that no manifest need list it.
    pub(super) fn load_module(&self, context: &Context) -> Result<Report, Failure> {
        if self.flash || self.tool.is_some() {
            let text = "--flash and --tool are for the ULX3S: a module's FPGA is configured by its own library";
            return Err(Failure::usage(text.into()));
        }
        let module = context.module()?;
        if !self.bitstream.is_file() {
            return Err(no_file(&self.bitstream.display().to_string()));
        }
        let file = File::read(&self.bitstream)?;
        let listed = match Listed::find(file.clone()) {
            Ok(listed) => {
                listed.check_timing()?;
                true
            }
            Err(BitstreamError::NotListed { .. } | BitstreamError::NoManifest { .. }) => false,
            Err(error) => return Err(error.into()),
        };
        let started = Instant::now();
        let stop = context.serial_options().stop;
        let Loaded { serial, config_id } = frontpanel::load(&module, &file.path, &stop)?;
        let seconds = started.elapsed().as_secs_f64();
        let config = presets()
            .into_iter()
            .find(|config| config.id() == config_id);
        let config = config.map(|config| config.name);
        let id = format!("{config_id:#010x}");
        Ok(Report {
            text: format!(
                "{} is in the FPGA of the module {serial}, after {seconds:.1} s; it says that it is rowfuse, configuration {}",
                file.path.display(),
                config.as_ref().unwrap_or(&id)
            ),
            result: json!({
                "bitstream": file.path.display().to_string(),
                "bytes": file.bytes,
                "sha256": file.sha256,
                "listed": listed,
                "config": config,
                "config_id": id,
                "board": format!("ok:{serial}"),
                "target": "sram",
                "tool": "frontpanel",
                "seconds": seconds,
                "id_checked": true,
            }),
        })
    }
}

fn no_file(name: &str) -> Failure {
    let mut failure = Failure::from(BitstreamError::File {
        path: name.into(),
        reason: "there is no such file, and no bitstream for modules comes with rowfuse".into(),
    });
    failure.help =
        "make one with scripts/synth-xem7010 and Vivado, as docs/boards.md says, and give its path"
            .into();
    failure
}
