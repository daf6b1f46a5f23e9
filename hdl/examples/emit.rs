//! Writes what synthesis needs for a configuration: `emit --config NAME --output DIR`.
//!
//! `DIR` gets `top.v`, the design's Verilog; `top.lpf`, the pins and the clock; and `design.json`, what a script wants to know about them.
use rowfuse_hdl::board::Board;
use rowfuse_hdl::identity::{sha256, source_hash};
use rowfuse_hdl::top::Top;
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
        value.ok_or_else(|| format!("usage: emit --config NAME --output DIR ({name} is missing)"))
    };
    let config = rowfuse_spec::config::preset(value("--config")?)?;
    let directory = Path::new(value("--output")?);
    let verilog = Top::verilog(&config)?;
    let board = Board::required(&config)?;
    let constraints = board.constraints();
    let design = format!(
        "{{\n  \"board\": \"{}\",\n  \"device\": \"{}\",\n  \"package\": \"{}\",\n  \"speed_grade\": {},\n  \"clock_mhz\": {},\n  \
         \"lanes\": {},\n  \"source_sha256\": \"{}\",\n  \"verilog_sha256\": \"{}\",\n  \"constraints_sha256\": \"{}\"\n}}\n",
        board.name,
        config.device.name,
        board.package,
        board.speed_grade,
        config.clock_mhz,
        config.lanes,
        source_hash(&config)?,
        sha256(&verilog),
        sha256(&constraints),
    );
    fs::create_dir_all(directory)?;
    fs::write(directory.join("top.v"), verilog)?;
    fs::write(directory.join("top.lpf"), constraints)?;
    fs::write(directory.join("design.json"), design)?;
    Ok(())
}
