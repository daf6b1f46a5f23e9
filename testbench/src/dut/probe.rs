//! Finds the ports of a rust-hdl block and reads their values, without knowing their types.

use rust_hdl::prelude::{Atom, AtomKind, Block, Probe};

use crate::verilator::{Direction, Port};

/// Visits the signals of the outermost block only, with their full names.
struct TopLevel<F: FnMut(String, &dyn Atom)> {
    depth: usize,
    namespace: Vec<String>,
    visit: F,
}

impl<F: FnMut(String, &dyn Atom)> TopLevel<F> {
    fn walk(block: &dyn Block, visit: F) {
        block.accept(
            "top",
            &mut Self {
                depth: 0,
                namespace: Vec::new(),
                visit,
            },
        );
    }
}

impl<F: FnMut(String, &dyn Atom)> Probe for TopLevel<F> {
    fn visit_start_scope(&mut self, _name: &str, _node: &dyn Block) {
        self.depth += 1;
    }

    fn visit_start_namespace(&mut self, name: &str, _node: &dyn Block) {
        if self.depth == 1 {
            self.namespace.push(name.to_owned());
        }
    }

    fn visit_atom(&mut self, name: &str, signal: &dyn Atom) {
        if self.depth == 1 && signal.kind().is_parameter() {
            let mut path = self.namespace.join("$");
            if !path.is_empty() {
                path.push('$');
            }
            (self.visit)(path + name, signal);
        }
    }

    fn visit_end_namespace(&mut self, _name: &str, _node: &dyn Block) {
        if self.depth == 1 {
            self.namespace.pop();
        }
    }

    fn visit_end_scope(&mut self, _name: &str, _node: &dyn Block) {
        self.depth -= 1;
    }
}

/// The ports of a block in the order of its fields, or the name of one that is bidirectional.
pub(super) fn ports(block: &dyn Block) -> Result<Vec<Port>, String> {
    let mut found = Vec::new();
    let mut refused = None;
    TopLevel::walk(block, |name, signal| {
        let width = signal.bits();
        match signal.kind() {
            AtomKind::InputParameter if signal.descriptor().name == "clock" => {
                found.push(Port::clock(&name));
            }
            AtomKind::InputParameter => found.push(Port::input(&name, width)),
            AtomKind::InOutParameter => refused = Some(name),
            _ => found.push(Port {
                name,
                width,
                direction: Direction::Output,
            }),
        }
    });
    refused.map_or(Ok(found), Err)
}

/// Appends the present values of all inputs (but clocks) and outputs as 32-bit words, least
/// significant first, in the order of `ports`, which are those of [`ports()`] with their directions.
pub(super) fn read(
    block: &dyn Block,
    ports: &[Port],
    inputs: &mut Vec<u32>,
    outputs: &mut Vec<u32>,
) {
    let mut ports = ports.iter();
    TopLevel::walk(block, |_, signal| {
        let record = match ports.next().map(|port| port.direction) {
            Some(Direction::Clock) | None => return,
            Some(Direction::Input) => &mut *inputs,
            Some(Direction::Output) => &mut *outputs,
        };
        let literal = signal.verilog();
        if signal.bits() <= 32 {
            record.push(literal.as_usize() as u32);
            return;
        }
        // The literal's value is private; its hexadecimal form is `288'h…`.
        let text = format!("{literal:x}");
        let digits = text.rsplit('h').next().unwrap_or_default().as_bytes();
        let mut words = vec![0_u32; signal.bits().div_ceil(32)];
        for (place, digit) in digits.iter().rev().enumerate() {
            let value = (*digit as char).to_digit(16).unwrap_or_default();
            words[place / 8] |= value << (4 * (place % 8));
        }
        record.append(&mut words);
    });
}
