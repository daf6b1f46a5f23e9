//! What a proof is made of.

use super::error::FormalError;
use rust_hdl::prelude::{generate_verilog_unchecked, Block};

/// How a claim is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Induction over `k` cycles: all properties hold in the first `k` cycles, and any `k` cycles in a row in which they hold, from whatever
    /// state, are followed by one more. Holds for ever.
    Induction {
        /// Cycles.
        k: u32,
    },
    /// Property-directed reachability, which finds the invariant itself. Holds for ever.
    Reachability,
    /// Only the first cycles after power-up are searched: says nothing of the later ones.
    Bounded {
        /// Cycles.
        cycles: u32,
    },
}

/// A block's emitted Verilog with the properties inside its top module, so that they see its registers and memories by name.
#[derive(Clone, Debug)]
pub struct Source {
    /// As rust-hdl emits it, top module `top`.
    pub verilog: String,
    /// Items of a Verilog module: `PROVE(name, condition)`, `REACH(name, condition)` and `assume`.
    pub properties: &'static str,
    /// Constants that the properties use.
    pub parameters: Vec<(&'static str, u64)>,
    /// Modules whose outputs are left free. What holds then also holds with them.
    pub cut: Vec<&'static str>,
}

impl Source {
    /// The Verilog of `block`, emitted as for synthesis.
    pub fn new(mut block: impl Block, properties: &'static str) -> Self {
        block.connect_all();
        Self {
            verilog: generate_verilog_unchecked(&block),
            properties,
            parameters: Vec::new(),
            cut: Vec::new(),
        }
    }

    /// Adds a constant.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<u64>) -> Self {
        self.parameters.push((name, value.into()));
        self
    }

    /// The same with another value of a constant that is there.
    #[must_use]
    pub fn changed(mut self, name: &str, value: u64) -> Self {
        for constant in &mut self.parameters {
            if constant.0 == name {
                constant.1 = value;
            }
        }
        self
    }

    /// Leaves the outputs of `modules` free.
    #[must_use]
    pub fn cut(mut self, modules: &[&'static str]) -> Self {
        self.cut = modules.to_vec();
        self
    }

    /// The one Verilog text: macros, and the properties before the top module's end.
    pub(super) fn text(&self, proof: &str, question: Question) -> Result<String, FormalError> {
        const END: &str = "endmodule // top\n";
        let (prove, reach, frames) = match question {
            Question::Holds => ("name: assert(condition );", "", String::new()),
            Question::Reached => ("", "name: assert(!(condition ));", String::new()),
            Question::Step(k) => (
                "name: assert(p$frame != p$last || (condition )); assume(p$frame >= p$last || (condition ));",
                "",
                format!(
                    "localparam p$last = {k};\nreg [3:0] p$frame = 0;\n\
                     always @(posedge clock) if (p$frame != 15) p$frame <= p$frame + 1'b1;\n"
                ),
            ),
        };
        let macros = format!(
            "`define PROVE(name, condition) {prove}\n`define REACH(name, condition) {reach}\n"
        );
        let mut verilog = self.verilog.clone();
        for module in &self.cut {
            verilog = without_content(proof, &verilog, module)?;
        }
        let (before, after) = split_once(proof, &verilog, END)?;
        let constants: String = self
            .parameters
            .iter()
            .map(|(name, value)| {
                let size = if u32::try_from(*value).is_ok() {
                    ""
                } else {
                    "64'd"
                };
                format!("localparam {name} = {size}{value};\n")
            })
            .collect();
        // A property may be called like a signal of the block.
        let properties = ["`PROVE(", "`REACH("]
            .iter()
            .fold(self.properties.to_owned(), |text, macro_| {
                text.replace(macro_, &format!("{macro_}{PREFIX}"))
            });
        Ok(format!(
            "{macros}{before}{frames}{constants}{properties}{END}{after}"
        ))
    }

    /// The same with `from`, which must be there once, replaced by `to`.
    ///
    /// # Errors
    /// [`FormalError::Text`] if it is not.
    pub fn edited(&self, proof: &str, from: &str, to: &str) -> Result<Self, FormalError> {
        let (before, after) = split_once(proof, &self.verilog, from)?;
        Ok(Self {
            verilog: format!("{before}{to}{after}"),
            ..self.clone()
        })
    }
}

/// What is asked of the properties.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// Whether they hold.
    Holds,
    /// What must be reachable instead.
    Reached,
    /// Whether they hold behind so many cycles in which all of them held, begun in any state.
    Step(u32),
}

/// Before every property's name in the text that Yosys reads.
pub(super) const PREFIX: &str = "p$";

/// The text with nothing but its ports left of `module`, and without the modules inside it.
fn without_content(proof: &str, verilog: &str, module: &str) -> Result<String, FormalError> {
    let (before, rest) = split_once(proof, verilog, &format!("\nmodule {module}("))?;
    let (body, after) = split_once(proof, rest, &format!("endmodule // {module}\n"))?;
    let (head, body) = body.split_once(";\n").unwrap_or((body, ""));
    let ports: String = body
        .lines()
        .filter(|line| {
            let line = line.trim_start();
            line.starts_with("input ") || line.starts_with("output ")
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    let mut text = format!("{before}\nmodule {module}({head};\n{ports}endmodule\n{after}");
    let inner = format!("\nmodule {module}$");
    while let Some((before, rest)) = text.split_once(&inner) {
        let after = rest
            .split_once("\nendmodule // ")
            .and_then(|(_, rest)| rest.split_once('\n'))
            .map_or("", |(_, after)| after);
        text = format!("{before}\n{after}");
    }
    Ok(text)
}

fn split_once<'a>(
    proof: &str,
    text: &'a str,
    part: &str,
) -> Result<(&'a str, &'a str), FormalError> {
    let found = text.matches(part).count();
    match text.split_once(part) {
        Some(parts) if found == 1 => Ok(parts),
        _ => Err(FormalError::Text {
            proof: proof.to_owned(),
            expected: part.to_owned(),
            found,
        }),
    }
}

/// A fault put into the design, which the properties must find.
pub enum Mutant {
    /// A piece of the emitted text, there once, is replaced.
    Text {
        /// What is wrong with it, in words.
        what: &'static str,
        /// The piece.
        from: &'static str,
        /// What it becomes.
        to: &'static str,
    },
    /// The block is built with a wrong parameter; the properties keep the right ones.
    Built {
        /// What is wrong with it, in words.
        what: &'static str,
        /// The whole design.
        source: Source,
        /// Cycles within which it must be found out.
        cycles: u32,
    },
}

impl Mutant {
    /// What is wrong with it.
    pub fn what(&self) -> &'static str {
        match self {
            Mutant::Text { what, .. } | Mutant::Built { what, .. } => what,
        }
    }

    /// Cycles within which it must be found out, if they are not the proof's.
    pub(super) fn cycles(&self) -> Option<u32> {
        match self {
            Mutant::Built { cycles, .. } => Some(*cycles),
            Mutant::Text { .. } => None,
        }
    }

    pub(super) fn source(&self, proof: &str, right: &Source) -> Result<Source, FormalError> {
        match self {
            Mutant::Text { from, to, .. } => right.edited(proof, from, to),
            Mutant::Built { source, .. } => Ok(source.clone()),
        }
    }
}

/// A claim about a block, how it is shown, and what shows that the showing means something.
pub struct Proof {
    /// Its name, lower case.
    pub name: &'static str,
    /// What is claimed, one sentence.
    pub claim: &'static str,
    /// The file in `testbench/formal`.
    pub file: &'static str,
    /// How it is shown.
    pub method: Method,
    /// Cycles within which every situation must be reached and every mutant found out.
    pub search: u32,
    /// Takes seconds, so that it is part of `cargo test`.
    pub quick: bool,
    /// The design.
    pub source: Source,
    /// The same with smaller parameters, in which situations and mutants are looked for if that takes too long in the design itself.
    pub small: Option<Source>,
    /// Faults that must be found.
    pub mutants: Vec<Mutant>,
}

impl Proof {
    /// The design in which situations and mutants are looked for.
    pub(super) fn searched(&self) -> &Source {
        self.small.as_ref().unwrap_or(&self.source)
    }
}
