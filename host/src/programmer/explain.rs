//! What a tool's output means.

use super::{LoadError, Tool};
use std::process::ExitStatus;

/// ECP5 devices of the boards by their IDCODEs.
const DEVICES: [(u32, &str); 4] = [
    (0x2111_1043, "LFE5U-12F"),
    (0x4111_1043, "LFE5U-25F"),
    (0x4111_2043, "LFE5U-45F"),
    (0x4111_3043, "LFE5U-85F"),
];

/// What a tool that ended with `status` says went wrong; nothing if all went well. `device` is what the bitstream is for.
pub(super) fn explain(
    tool: Tool,
    status: ExitStatus,
    output: &[String],
    device: Option<&str>,
) -> Option<LoadError> {
    let find = |words: &[&str]| {
        let mut lines = output.iter();
        let found = lines.find(|line| {
            let line = line.to_lowercase();
            words.iter().any(|word| line.contains(word))
        });
        found.map(|line| line.trim().to_owned())
    };
    // Whatever the exit code: a configuration that was refused is none.
    let idcodes = output.iter().find_map(|line| idcodes(line));
    let refused = find(&[
        "mismatch between target's idcode",
        "but the bitstream is for",
    ]);
    if let (Some((found, wanted)), Some(line)) =
        (idcodes, refused.or_else(|| find(&["do not match"])))
    {
        // A chain that is not driven reads as all zeros or ones.
        if matches!(found.as_str(), "0x00000000" | "0xffffffff") {
            return Some(LoadError::NoFpga { tool, line });
        }
        let wanted = device.map_or(wanted, str::to_owned);
        return Some(LoadError::WrongDevice { found, wanted });
    }
    if status.success() {
        return None;
    }
    if let Some(line) = find(&[
        "libusb_error_access",
        "usb_open() failed",
        "libusb_open() failed",
        "permission denied",
        "insufficient permissions",
    ]) {
        return Some(LoadError::NoAccess { tool, line });
    }
    if let Some(line) = find(&["libusb_error_busy", "unable to claim", "ftdi device: -5"]) {
        return Some(LoadError::Busy { tool, line });
    }
    if let Some(line) = find(&[
        "device not found",
        "cannot find jtag cable",
        "libusb_error_no_device",
        "libusb_error_not_found",
        "ftdi device: -3",
    ]) {
        return Some(LoadError::NoBoard { tool, line });
    }
    if let Some(line) = find(&["no device found"]) {
        return Some(LoadError::NoFpga { tool, line });
    }
    let said = find(&["error", "fail", "unable", "cannot", "invalid"]);
    let last = || output.last().map(|line| line.trim().to_owned());
    let line = said.or_else(last);
    Some(LoadError::Failed {
        tool,
        status: status.to_string(),
        line: line.unwrap_or_else(|| "it said nothing".into()),
    })
}

/// The device that was found and the one that was wanted, of a line that names both.
fn idcodes(line: &str) -> Option<(String, String)> {
    let after = |key: &str| {
        let (_, rest) = line.split_once(key)?;
        rest.split_whitespace().next()
    };
    let code = |text: &str| {
        let digits = text.trim_start_matches("0x");
        let code = u32::from_str_radix(digits, 16).ok()?;
        let known = DEVICES.iter().find(|(known, _)| *known == code);
        Some(known.map_or_else(|| format!("{code:#010x}"), |(_, name)| (*name).to_owned()))
    };
    let both = |found: &str, wanted: &str| Some((code(found)?, code(wanted)?));
    // openFPGALoader, then fujprog for devices that it knows and for those that it does not.
    if let (Some(wanted), Some(found)) = (after("bitstream has "), after("hardware requires ")) {
        return both(found, wanted);
    }
    if let (Some(found), Some(wanted)) = (after("Found "), after("but the bitstream is for ")) {
        return Some((found.to_owned(), wanted.trim_end_matches('.').to_owned()));
    }
    // fujprog compares other registers in the same words.
    let wanted = code(after("Expected: ")?)?;
    let is_device = DEVICES.iter().any(|(_, name)| *name == wanted);
    Some((is_device.then(|| after("TDO: "))?.and_then(code)?, wanted))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    fn explained(tool: Tool, code: i32, output: &str) -> Option<LoadError> {
        let lines: Vec<String> = output.lines().map(str::to_owned).collect();
        explain(
            tool,
            ExitStatus::from_raw(code << 8),
            &lines,
            Some("LFE5U-85F"),
        )
    }

    #[test]
    fn what_the_tools_say_is_understood() {
        use Tool::{Fujprog, OpenFpgaLoader};
        let mismatch = "mismatch between target's idcode and bitstream idcode\n\tbitstream has 0x41113043 hardware requires ";
        let cases: [(Tool, String, &str); 10] = [
            (OpenFpgaLoader, "unable to open ftdi device: -4 (usb_open() failed)\nJTAG init failed with: unable to open ftdi device".into(), "NoAccess"),
            (OpenFpgaLoader, "unable to open ftdi device: -3 (device not found)".into(), "NoBoard"),
            (OpenFpgaLoader, "unable to open ftdi device: -5 (unable to claim usb device. Make sure the default FTDI driver is not in use)".into(), "Busy"),
            (OpenFpgaLoader, "Error: no device found".into(), "NoFpga"),
            (OpenFpgaLoader, format!("{mismatch}0x41112043"), "WrongDevice { found: \"LFE5U-45F\", wanted: \"LFE5U-85F\" }"),
            (OpenFpgaLoader, format!("{mismatch}0x12345678"), "WrongDevice { found: \"0x12345678\""),
            (OpenFpgaLoader, format!("{mismatch}0xffffffff"), "NoFpga"),
            (Fujprog, "Cannot find JTAG cable.".into(), "NoBoard"),
            (Fujprog, "Found LFE5U-12F device, but the bitstream is for LFE5U-85F.\nFailed.".into(), "WrongDevice { found: \"LFE5U-12F\""),
            (Fujprog, "Received and expected data do not match!\nTDO: 00000001 Expected: 41113043 mask: FFFFFFFF".into(), "WrongDevice { found: \"0x00000001\""),
        ];
        for (tool, output, expected) in cases {
            let error = format!("{:?}", explained(tool, 1, &output));
            assert!(error.starts_with(&format!("Some({expected}")), "{error}");
        }
    }

    #[test]
    fn success_is_only_what_says_nothing_to_the_contrary() {
        let tool = Tool::Fujprog;
        assert!(explained(tool, 0, "Completed in 2 seconds.").is_none());
        let refused = "\nFound LFE5U-45F device, but the bitstream is for LFE5U-85F.";
        assert!(explained(tool, 0, refused).is_some());
        let failed = format!("{}", explained(tool, 3, "fine\nit Failed.\nend").unwrap());
        assert_eq!(failed, "fujprog failed (exit status: 3): it Failed.");
        let silent = format!("{}", explained(tool, 3, "").unwrap());
        assert!(silent.ends_with("it said nothing"));
        let register = "Received and expected data do not match!\nTDO: 00001000 Expected: 00000000 mask: 0000B000";
        let other = format!("{:?}", explained(tool, 1, register));
        assert!(other.starts_with("Some(Failed"), "{other}");
    }
}
