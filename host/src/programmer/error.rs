//! Why a board could not be programmed, and what to do about it.

use super::{Target, Tool};
use crate::fault::{Exit, Fault};
use rowfuse_spec::config::presets;

/// A rule for udev that lets whoever sits at the machine, and the group `plugdev`, use the board's FT231X as JTAG and serial port.
pub const UDEV_RULE: &str = "SUBSYSTEMS==\"usb\", ATTRS{idVendor}==\"0403\", ATTRS{idProduct}==\"6015\", MODE=\"0660\", GROUP=\"plugdev\", TAG+=\"uaccess\"";

/// Why a board could not be programmed.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // each field is named in its sentence
pub enum LoadError {
    #[error("no tool to program the board: {} not found on PATH", programs(.tools))]
    NoTool { tools: Vec<Tool> },
    #[error("{} cannot be started: {reason}", .tool.program())]
    Start { tool: Tool, reason: String },
    #[error("{} may not open the board's USB cable: {line}", .tool.program())]
    NoAccess { tool: Tool, line: String },
    #[error("{} found the board's USB cable in use: {line}", .tool.program())]
    Busy { tool: Tool, line: String },
    #[error("{} found no board: {line}", .tool.program())]
    NoBoard { tool: Tool, line: String },
    #[error("{} reached the cable, but no FPGA answers behind it: {line}", .tool.program())]
    NoFpga { tool: Tool, line: String },
    #[error("the board has an {found}, but the bitstream is for an {wanted}")]
    WrongDevice { found: String, wanted: String },
    #[error("{} failed ({status}): {line}", .tool.program())]
    Failed {
        tool: Tool,
        status: String,
        line: String,
    },
    #[error("{} said nothing for {seconds} s and was ended", .tool.program())]
    Silent {
        tool: Tool,
        seconds: u64,
        target: Target,
    },
    #[error("interrupted")]
    Interrupted { target: Target },
}

fn programs(tools: &[Tool]) -> String {
    let names: Vec<&str> = tools.iter().map(|tool| tool.program()).collect();
    match names[..] {
        [one] => format!("{one} is"),
        _ => format!("{} are", names.join(" and ")),
    }
}

/// What is left of a board when programming ended early.
fn left(target: Target) -> &'static str {
    match target {
        Target::Sram => "the FPGA is not configured until it is loaded again",
        Target::Flash => {
            "the flash may be half-written: load it again before the board's power is cut"
        }
    }
}

impl Fault for LoadError {
    fn code(&self) -> &'static str {
        match self {
            LoadError::NoTool { .. } => "load.no_tool",
            LoadError::Start { .. } => "load.start",
            LoadError::NoAccess { .. } => "load.no_access",
            LoadError::Busy { .. } => "load.busy",
            LoadError::NoBoard { .. } => "load.no_board",
            LoadError::NoFpga { .. } => "load.no_fpga",
            LoadError::WrongDevice { .. } => "load.wrong_device",
            LoadError::Failed { .. } => "load.failed",
            LoadError::Silent { .. } => "load.timeout",
            LoadError::Interrupted { .. } => "interrupted",
        }
    }

    fn help(&self) -> String {
        match self {
            LoadError::NoTool { .. } => {
                "install openFPGALoader (Debian and Ubuntu: `sudo apt install openfpgaloader`) or fujprog (github.com/kost/fujprog)".into()
            }
            LoadError::Start { tool, .. } => {
                format!("run `{}` by itself to see what is wrong with it", tool.program())
            }
            LoadError::NoAccess { .. } => access_help(),
            LoadError::Busy { .. } => {
                "close whatever has the board's serial port open, a terminal program for instance, and run the command again".into()
            }
            // It says the same whether there is no cable or it may not open it.
            LoadError::NoBoard {
                tool: Tool::Fujprog,
                ..
            } => format!("{}; if `lsusb` shows 0403:6015, it is not allowed to open it: {}", CABLE, access_help()),
            LoadError::NoBoard { .. } => CABLE.into(),
            LoadError::NoFpga { .. } => {
                "plug the board out and in again, without a hub; if that does not help, try the other tool (--tool)".into()
            }
            LoadError::WrongDevice { found, .. } => {
                let fits = presets().into_iter().find(|config| config.device.name == *found);
                match fits {
                    Some(config) => format!("load its own: `rowfuse load {}`", config.name),
                    None => format!("no configuration of rowfuse fits an {found}"),
                }
            }
            LoadError::Failed { .. } => {
                "its output above says more; try again, with another cable, or with the other tool (--tool)".into()
            }
            LoadError::Silent { target, .. } => format!(
                "plug the board out and in again, and give it longer with --timeout if it is slow; {}",
                left(*target)
            ),
            LoadError::Interrupted { target } => format!("run the command again: {}", left(*target)),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            LoadError::Silent { .. } | LoadError::Failed { .. } | LoadError::Busy { .. } => {
                Exit::Link
            }
            LoadError::Interrupted { .. } => Exit::Interrupted,
            _ => Exit::Board,
        }
    }
}

const CABLE: &str = "connect the ULX3S's port US1 with a cable that carries data and see whether `lsusb` shows 0403:6015; on Windows its \
                     driver must be WinUSB";

fn access_help() -> String {
    format!(
        "put this line into /etc/udev/rules.d/70-ulx3s.rules, run `sudo udevadm control --reload-rules`, and plug the board out and in:\n{UDEV_RULE}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_is_the_documented_one() {
        assert!(include_str!("../../../docs/boards.md").contains(UDEV_RULE));
        let line = String::new();
        let tool = Tool::OpenFpgaLoader;
        assert!(LoadError::NoAccess { tool, line }
            .help()
            .ends_with(UDEV_RULE));
    }
}
