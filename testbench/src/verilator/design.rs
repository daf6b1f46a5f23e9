//! What is to be compiled: Verilog, its ports and how to compile it.

use std::path::{Path, PathBuf};

use super::VerilatorError;

/// Which way a port points, seen from the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Driven by the caller.
    Input,
    /// Read by the caller.
    Output,
    /// Driven by the model's own cycle: low, then high. Always one bit; several are driven together.
    Clock,
}

/// One port of the top module.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Port {
    /// Its name in the Verilog text; `$` is allowed.
    pub name: String,
    /// Width in bits, 1 or more.
    pub width: usize,
    /// Its direction.
    pub direction: Direction,
}

impl Port {
    /// An input of `width` bits.
    pub fn input(name: &str, width: usize) -> Self {
        Self {
            name: name.to_owned(),
            width,
            direction: Direction::Input,
        }
    }

    /// An output of `width` bits.
    pub fn output(name: &str, width: usize) -> Self {
        Self {
            name: name.to_owned(),
            width,
            direction: Direction::Output,
        }
    }

    /// A clock.
    pub fn clock(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            width: 1,
            direction: Direction::Clock,
        }
    }

    /// Number of 32-bit words that carry a value of this port.
    pub fn words(&self) -> usize {
        self.width.div_ceil(32)
    }
}

/// How hard the C++ compiler works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Optimisation {
    /// `-O0`: for models so big that compiling takes longer than running.
    None,
    /// `-O1`: compiles in half the time, for models that run briefly.
    Quick,
    /// `-O2`: for models that run long.
    Full,
}

impl Optimisation {
    /// The compiler's flag.
    pub(super) fn flag(self) -> &'static str {
        match self {
            Self::None => "-O0",
            Self::Quick => "-O1",
            Self::Full => "-O2",
        }
    }
}

/// A Verilog text and everything else that shapes the compiled model.
#[derive(Debug, Clone)]
pub struct Design {
    pub(super) name: String,
    pub(super) verilog: String,
    pub(super) top: String,
    pub(super) ports: Vec<Port>,
    pub(super) defines: Vec<String>,
    pub(super) optimisation: Optimisation,
    pub(super) strict: bool,
    pub(super) jobs: usize,
    pub(super) single_unit_bytes: u64,
    pub(super) cache: Option<PathBuf>,
    /// Outputs that are signals deep in the design: the port's name and the signal's path below the top module.
    pub(super) probes: Vec<(String, String)>,
    pub(super) trace: bool,
}

impl Design {
    /// A design called `name` (used in messages and the cache) whose module `top` has `ports`.
    pub fn new(name: &str, verilog: &str, top: &str, ports: &[Port]) -> Self {
        Self {
            name: name.to_owned(),
            verilog: verilog.to_owned(),
            top: top.to_owned(),
            ports: ports.to_vec(),
            defines: Vec::new(),
            optimisation: Optimisation::Full,
            strict: true,
            jobs: 2,
            single_unit_bytes: 400_000,
            cache: None,
            probes: Vec::new(),
            trace: false,
        }
    }

    /// Defines a Verilog macro: `SYNTHESIS` or `DEPTH=4`.
    #[must_use]
    pub fn define(mut self, define: &str) -> Self {
        self.defines.push(define.to_owned());
        self
    }

    /// The same with other ports.
    #[must_use]
    pub fn with_ports(mut self, ports: &[Port]) -> Self {
        self.ports = ports.to_vec();
        self
    }

    /// Appends a further Verilog source, such as a model of a vendor's primitive.
    #[must_use]
    pub fn source(mut self, verilog: &str) -> Self {
        self.verilog.push('\n');
        self.verilog.push_str(verilog);
        self
    }

    /// Chooses the C++ compiler's effort; [`Optimisation::Full`] unless told.
    #[must_use]
    pub fn optimise(mut self, optimisation: Optimisation) -> Self {
        self.optimisation = optimisation;
        self
    }

    /// Whether latches, signals with several drivers and undeclared names are errors; they are,
    /// unless told otherwise, because rust-hdl's own check lets them pass.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// How many C++ compilers may run at once (at least 1); 2 unless told.
    #[must_use]
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.jobs = jobs.max(1);
        self
    }

    /// Generated C++ up to this many bytes is compiled in one piece, which is quicker than several
    /// compilers for a small design; 400,000 unless told.
    #[must_use]
    pub fn single_unit_up_to(mut self, bytes: u64) -> Self {
        self.single_unit_bytes = bytes;
        self
    }

    /// Keeps the compiled model in this directory rather than under [`super::cache_root`].
    #[must_use]
    pub fn cache_in(mut self, directory: &Path) -> Self {
        self.cache = Some(directory.to_owned());
        self
    }

    /// Adds an output, `name` of `width` bits, that shows the signal at `path`: names of instances below the top
    /// module and of the signal, with dots between.
    #[must_use]
    pub fn probe(mut self, name: &str, width: usize, path: &str) -> Self {
        self.ports.push(Port::output(name, width));
        self.probes.push((name.to_owned(), path.to_owned()));
        self
    }

    /// Compiles a model that can write waveforms (see [`super::Model::start_trace`]); it is a little slower even
    /// while it writes none.
    #[must_use]
    pub fn traceable(mut self) -> Self {
        self.trace = true;
        self
    }

    /// Lets memories that the text clears at the start of a simulation alone start like all others (see
    /// [`super::Model::powered_on`]).
    #[must_use]
    pub fn uncleared(mut self) -> Self {
        self.verilog = uncleared(&self.verilog);
        self
    }

    /// The whole Verilog text.
    pub fn verilog(&self) -> &str {
        &self.verilog
    }

    /// The ports, as given.
    pub fn ports(&self) -> &[Port] {
        &self.ports
    }

    /// Ports of one direction, in order.
    pub(super) fn ports_of(&self, direction: Direction) -> impl Iterator<Item = &Port> {
        self.ports
            .iter()
            .filter(move |port| port.direction == direction)
    }

    /// Where an output is to be found, if not among the top module's ports.
    pub(super) fn probed(&self, port: &Port) -> Option<&str> {
        let mut probes = self.probes.iter();
        let found = probes.find(|(name, _)| *name == port.name);
        found.map(|(_, path)| path.as_str())
    }

    /// Refuses a port list that no shim can be generated for.
    pub(super) fn check(&self) -> Result<(), VerilatorError> {
        let refuse = |reason: String| {
            Err(VerilatorError::BadPorts {
                design: self.name.clone(),
                reason,
            })
        };
        if self.ports_of(Direction::Output).next().is_none() {
            return refuse("there is no output port".to_owned());
        }
        for (name, path) in &self.probes {
            let legal = |part: &str| {
                !part.is_empty()
                    && part
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || "_$".contains(c))
            };
            if !path.split('.').all(legal) {
                return refuse(format!("{name} probes `{path}`, which is no path of names"));
            }
        }
        for (index, port) in self.ports.iter().enumerate() {
            let legal = port
                .name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_$".contains(c));
            if port.name.is_empty() || !legal {
                return refuse(format!("`{}` is not a Verilog name", port.name));
            }
            if port.width == 0 {
                return refuse(format!("{} has no bits", port.name));
            }
            if port.direction == Direction::Clock && port.width != 1 {
                return refuse(format!("the clock {} has {} bits", port.name, port.width));
            }
            if self.ports[..index]
                .iter()
                .any(|other| other.name == port.name)
            {
                return refuse(format!("{} is listed twice", port.name));
            }
        }
        Ok(())
    }
}

/// A text with empty lines in the place of those that clear a memory at the start of a simulation; synthesis does not see
/// them.
pub(crate) fn uncleared(verilog: &str) -> String {
    let mut text = String::with_capacity(verilog.len());
    for line in verilog.lines() {
        let start = line.trim_start();
        if !(start.starts_with("integer clear_") && start.contains("; initial for (clear_")) {
            text.push_str(line);
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_clears_a_memory_goes() {
        let text = "integer i;\n  integer clear_m; initial for (clear_m = 0; clear_m < 2; clear_m = clear_m + 1) m[clear_m] = 0;\nend\n";
        assert_eq!(uncleared(text), "integer i;\n\nend\n");
    }

    #[test]
    fn impossible_ports_are_refused_by_name() {
        let check = |ports: &[Port]| {
            Design::new("d", "", "top", ports)
                .check()
                .map_err(|error| error.to_string())
        };
        let q = Port::output("q", 1);
        assert_eq!(check(&[q.clone(), Port::input("a$b", 99)]), Ok(()));
        let refused = |ports: &[Port], word: &str| {
            let message = check(ports).expect_err("refused");
            assert!(message.contains(word), "{message}");
        };
        refused(&[Port::input("a", 1)], "no output");
        refused(&[q.clone(), Port::input("a b", 1)], "`a b`");
        refused(&[q.clone(), Port::input("a", 0)], "a has no bits");
        refused(&[q.clone(), q.clone()], "q is listed twice");
        let probe = Design::new("d", "", "top", &[])
            .probe("p", 1, "a..b")
            .check();
        assert!(probe.is_err_and(|error| error.to_string().contains("`a..b`")));
        let wide = Port {
            width: 2,
            ..Port::clock("c")
        };
        refused(&[q, wide], "clock c has 2 bits");
    }
}
