//! Writes what Vivado needs for a configuration on an XEM7010: `xem7010 --config NAME --output DIR`.
//!
//! `DIR` gets `top.v`, the design's Verilog; `top.xdc`, pins and timing; `mig.prj`, the memory controller's project; `build.tcl`, the script; for other tools
//! `black_boxes.v`, the vendors' modules without contents, and `design.json`, what a script wants to know.
use rowfuse_hdl::board::xem7010::{black_boxes, Xem7010};
use rowfuse_hdl::top::opal_kelly::OkTop;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    match emit() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn emit() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let found = arguments.windows(2).find(|pair| pair[0] == name);
        let value = found.map(|pair| pair[1].as_str());
        value
            .ok_or_else(|| format!("usage: xem7010 --config NAME --output DIR ({name} is missing)"))
    };
    let config = rowfuse_spec::config::preset(value("--config")?)?;
    let directory = Path::new(value("--output")?);
    let module = Xem7010::of(&config).ok_or_else(|| {
        format!(
            "{} is not for an XEM7010: take xem7010-a50 or xem7010-a200; scripts/synth builds for a ULX3S",
            config.name
        )
    })?;
    let verilog = OkTop::verilog(&config)?;
    let device = &config.device;
    let design = format!(
        "{{\"config\": \"{}\", \"board\": \"{}\", \"part\": \"{}\", \"clock_mhz\": {}, \"lanes\": {}, \
         \"device\": {{\"lut\": {}, \"ff\": {}, \"ebr\": {}, \"dsp\": {}}}}}\n",
        config.name,
        module.name,
        module.part,
        config.clock_mhz,
        config.lanes,
        device.lut,
        // Two beside each look-up table.
        2 * device.lut,
        device.ebr,
        device.dsp,
    );
    fs::create_dir_all(directory)?;
    for (name, text) in [
        ("top.v", verilog),
        ("top.xdc", module.constraints()),
        ("mig.prj", module.memory_project()),
        ("build.tcl", module.build_script()),
        ("black_boxes.v", black_boxes().to_owned()),
        ("design.json", design),
    ] {
        fs::write(directory.join(name), text)?;
    }
    Ok(())
}
