//! Prints the accelerator's Verilog: `emit --config NAME [--harness]`.
use rowfuse_hdl::accelerator::Accelerator;
use rowfuse_hdl::board::harness;
use std::io::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let name = arguments
        .windows(2)
        .find(|pair| pair[0] == "--config")
        .map(|pair| pair[1].as_str())
        .unwrap_or("ulx3s-85f");
    let config = rowfuse_spec::config::preset(name)?;
    let mut verilog = Accelerator::verilog(&config)?;
    if arguments.iter().any(|argument| argument == "--harness") {
        verilog = harness::wrap(&verilog);
    }
    std::io::stdout().write_all(verilog.as_bytes())?;
    Ok(())
}
