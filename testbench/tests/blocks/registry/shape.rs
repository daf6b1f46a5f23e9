//! Which block a block is, whatever its parameters: its ports, its parts and the beginning of its own Verilog.

use std::collections::BTreeSet;

use rust_hdl::prelude::*;

/// Ports and local signals by name and kind, parts by name, and the first line of hand-written Verilog; all without numbers, so that widths, depths and
/// counts do not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shape {
    signals: BTreeSet<String>,
    parts: BTreeSet<String>,
    text: String,
}

/// A block of a design: where it stands and what it is.
pub struct Placed {
    pub path: String,
    pub shape: Shape,
}

#[derive(Default)]
struct Walk {
    /// Only the outermost block's Verilog is looked at.
    shallow: bool,
    open: Vec<Placed>,
    namespace: Vec<String>,
    found: Vec<Placed>,
}

/// A name without its numbers.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// First line of what a block says in Verilog itself.
fn text(block: &dyn Block) -> String {
    let text = match block.hdl() {
        Verilog::Custom(text) => text,
        Verilog::Wrapper(wrapper) => wrapper.code,
        _ => String::new(),
    };
    plain(
        text.lines()
            .map(str::trim)
            .find(|line| !line.is_empty())
            .unwrap_or(""),
    )
}

impl Probe for Walk {
    fn visit_start_scope(&mut self, name: &str, node: &dyn Block) {
        let parent = self.open.last_mut();
        let path = match parent {
            Some(parent) => {
                parent.shape.parts.insert(plain(name));
                format!("{}${name}", parent.path)
            }
            None => name.to_owned(),
        };
        let text = match self.shallow && !self.open.is_empty() {
            true => String::new(),
            false => text(node),
        };
        let shape = Shape {
            text,
            ..Shape::default()
        };
        self.open.push(Placed { path, shape });
    }

    fn visit_start_namespace(&mut self, name: &str, _node: &dyn Block) {
        self.namespace.push(name.to_owned());
    }

    fn visit_atom(&mut self, name: &str, signal: &dyn Atom) {
        if let Some(block) = self.open.last_mut() {
            let name = plain(&format!("{}.{name}", self.namespace.join(".")));
            block
                .shape
                .signals
                .insert(format!("{:?} {name}", signal.kind()));
        }
    }

    fn visit_end_namespace(&mut self, _name: &str, _node: &dyn Block) {
        self.namespace.pop();
    }

    fn visit_end_scope(&mut self, _name: &str, _node: &dyn Block) {
        self.found.extend(self.open.pop());
    }
}

/// Every block of a design, itself last.
pub fn blocks(design: &dyn Block) -> Vec<Placed> {
    let mut walk = Walk::default();
    design.accept("top", &mut walk);
    walk.found
}

/// What a block is.
pub fn shape(block: &dyn Block) -> Shape {
    let mut walk = Walk {
        shallow: true,
        ..Walk::default()
    };
    block.accept("top", &mut walk);
    walk.found
        .pop()
        .map(|placed| placed.shape)
        .unwrap_or_default()
}
