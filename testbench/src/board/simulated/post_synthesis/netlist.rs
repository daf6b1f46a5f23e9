//! Changes to the text of a netlist: noise for what Yosys left open, and faults.

use std::fmt::Write;

/// Number of places where a fault can be; its index is the value of the input `fault`, 0 for none.
pub const FAULTS: usize = 63;

/// Gives every digit that may be anything (`1'hx`) some value, so that an answer which depends on one is wrong.
pub fn with_noise(netlist: &str) -> String {
    let mut state = 0x2545_f491_u32;
    let mut noise = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state >> 28
    };
    let mut text = String::with_capacity(netlist.len());
    for part in netlist.split_inclusive("'h") {
        let digits = part.find(|c: char| !c.is_ascii_hexdigit() && c != 'x');
        let (digits, rest) = part.split_at(digits.unwrap_or(part.len()));
        // What stands before the digits is their width, unless this is no constant.
        let before = text.strip_suffix("'h").unwrap_or_default();
        let from = before
            .rfind(|c: char| !c.is_ascii_digit())
            .map_or(0, |at| at + 1);
        let width: usize = before[from..].parse().unwrap_or(0);
        if width == 0 || !digits.contains('x') {
            text.push_str(part);
            continue;
        }
        for (index, digit) in digits.chars().enumerate() {
            let bits = (width - 4 * (digits.len() - 1 - index)).min(4);
            let value = digit
                .to_digit(16)
                .unwrap_or_else(|| noise() & ((1 << bits) - 1));
            let _ = write!(text, "{value:x}");
        }
        text.push_str(rest);
    }
    text
}

/// Adds an input `fault` of six bits: at the value k it complements the INIT of the k-th of [`FAULTS`] look-up tables
/// spread over the netlist.
pub fn with_faults(netlist: &str) -> String {
    const CELL: &str = "  LUT4 #(";
    let step = netlist.lines().filter(|line| *line == CELL).count() / FAULTS;
    let mut text = String::with_capacity(netlist.len() + 10_000);
    let (mut tables, mut pending) = (0, None);
    let mut in_ports = false;
    for line in netlist.lines() {
        // The list of ports may go over several lines.
        let ports = line.strip_prefix("module top(");
        if ports.is_some() || in_ports {
            match ports {
                Some(ports) => drop(writeln!(text, "module top(fault, {ports}")),
                None => drop(writeln!(text, "{line}")),
            }
            in_ports = !line.ends_with(");");
            if !in_ports {
                let _ = write!(text, "  input [5:0] fault;\n  wire [{FAULTS}:0] healthy;\n");
            }
            continue;
        }
        if line == CELL {
            tables += 1;
            let here = tables % step == 0 && tables / step <= FAULTS;
            pending = here.then_some((tables / step, None));
        }
        let output = line
            .strip_prefix("    .Z(")
            .and_then(|net| net.strip_suffix(')'));
        match (&mut pending, output) {
            (Some((k, net)), Some(output)) => {
                let _ = writeln!(text, "    .Z(healthy[{k}])");
                *net = Some(output.to_owned());
            }
            _ => {
                let _ = writeln!(text, "{line}");
            }
        }
        if line == "  );" {
            if let Some((k, Some(net))) = pending.take() {
                let _ = writeln!(text, "  assign {net} = healthy[{k}] ^ (fault == 6'd{k});");
            }
        }
    }
    text
}

#[test]
fn noise_replaces_what_is_open_and_nothing_else() {
    let text = "a b(.x(1'hx), .y(8'hf0));\nassign q = { 6'hxx, 4'h7, c'hx };";
    let noisy = with_noise(text);
    assert_eq!(noisy.len(), text.len());
    let rest: Vec<(char, char)> = text
        .chars()
        .zip(noisy.chars())
        .filter(|(a, b)| a != b)
        .collect();
    assert_eq!(rest.len(), 3, "{noisy}");
    assert!(rest
        .iter()
        .all(|(from, to)| *from == 'x' && to.is_ascii_hexdigit()));
    let first = noisy
        .split("6'h")
        .nth(1)
        .and_then(|rest| rest.chars().next());
    assert!(first.is_some_and(|digit| digit <= '3'), "two bits: {noisy}");
}

#[test]
fn a_fault_is_put_behind_a_table() {
    let cell = "  LUT4 #(\n    .INIT(16'h8000)\n  ) a (\n    .A(p),\n    .Z(\\q.r [3])\n  );\n";
    let text = format!("module top(p, q);\n{}endmodule\n", cell.repeat(FAULTS));
    let faulty = with_faults(&text);
    assert!(faulty.starts_with("module top(fault, p, q);\n  input [5:0] fault;"));
    assert!(faulty.contains(
        "    .Z(healthy[63])\n  );\n  assign \\q.r [3] = healthy[63] ^ (fault == 6'd63);\n"
    ));
    assert_eq!(faulty.matches("assign").count(), FAULTS);
    let wrapped = with_faults(&text.replace("p, q);", "p\n, q);"));
    assert!(wrapped.starts_with("module top(fault, p\n, q);\n  input [5:0] fault;"));
}
