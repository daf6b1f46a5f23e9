//! Yosys and ABC: from Verilog with properties to a verdict.

use super::error::FormalError;
use super::proof::PREFIX;
use crate::verilator::cache_root;
use crate::wheels;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes an and-inverter graph with one output a property. Outputs of the design go, and what nobody drives is free.
const SCRIPT: &str = "\
read_verilog -formal -noblackbox top.v
hierarchy -check -top top
proc
flatten
setundef -undriven -anyseq
opt
memory_dff
memory_collect
opt_clean
memory_map -formal
opt
chformal -lower
async2sync
setundef -undriven -anyseq
opt -fast
pmuxtree
techmap
opt -fast
dffunmap
ANY_STATE
setundef -anyseq
delete -output
aigmap
opt_clean
write_aiger -I -B -zinit -no-startoffset -ywmap top.json top.aig
";

/// The tools of `scripts/setup --formal`.
#[derive(Debug)]
pub struct Tools {
    yosys: PathBuf,
    abc: PathBuf,
}

/// A graph for ABC.
#[derive(Debug)]
pub(super) struct Graph {
    pub(super) directory: PathBuf,
    /// Names of its outputs.
    pub(super) properties: Vec<String>,
    pub(super) assumptions: usize,
}

impl Tools {
    /// Looks for `.venv` in the current directory, beside the test and above either.
    ///
    /// # Errors
    /// [`FormalError::Missing`].
    pub fn find() -> Result<Self, FormalError> {
        let yosys = wheels::yosys().ok_or(FormalError::Missing { tool: "Yosys" })?;
        let abc = wheels::environments()
            .find_map(|place| abc(&place))
            .ok_or(FormalError::Missing { tool: "ABC" })?;
        Ok(Self { yosys, abc })
    }

    /// Makes the graph of a Verilog text in a directory of its own.
    pub(super) fn graph(
        &self,
        name: &str,
        text: &str,
        any_state: bool,
    ) -> Result<Graph, FormalError> {
        let root = cache_root();
        let directory = root.with_file_name("formal").join(name);
        fs::create_dir_all(&directory).map_err(|source| io(&directory, source))?;
        // Registers forget what they are at power-up, but not the one that counts the cycles.
        let begin = if any_state {
            "setattr -unset init w:* w:p$frame %d"
        } else {
            ""
        };
        let script = SCRIPT.replace("ANY_STATE", begin);
        for (file, text) in [("top.v", text), ("top.ys", &script)] {
            let path = directory.join(file);
            fs::write(&path, text).map_err(|source| io(&path, source))?;
        }
        let mut command = Command::new(&self.yosys);
        command
            .args(["-q", "-l", "yosys.log", "top.ys"])
            // Its compiled code; as scripts/synth has it.
            .env("YOWASP_CACHE_DIR", root.with_file_name("yowasp"));
        run("Yosys", name, command, &directory)?;
        let path = directory.join("top.json");
        let map = fs::read_to_string(&path).map_err(|source| io(&path, source))?;
        let fail = |output: String| FormalError::Tool {
            tool: "Yosys",
            proof: name.to_owned(),
            directory: directory.clone(),
            output,
        };
        let map: Map = serde_json::from_str(&map).map_err(|error| fail(error.to_string()))?;
        let last = |path: Vec<String>| path.into_iter().next_back().unwrap_or_default();
        let properties: Vec<String> = map
            .asserts
            .into_iter()
            .map(|path| {
                last(path)
                    .trim_start_matches('\\')
                    .trim_start_matches(PREFIX)
                    .to_owned()
            })
            .collect();
        if properties.is_empty() {
            return Err(fail("there is no property in the graph".into()));
        }
        Ok(Graph {
            directory,
            properties,
            assumptions: map.assumes.len(),
        })
    }

    /// What ABC says of a graph to these commands.
    pub(super) fn solve(&self, graph: &Graph, commands: &str) -> Result<String, FormalError> {
        let mut command = Command::new(&self.abc);
        command.args([
            "-q",
            &format!("read_aiger top.aig; fold; strash; {commands}"),
        ]);
        run("ABC", "the graph", command, &graph.directory)
    }
}

/// Yosys' account of the graph.
#[derive(serde::Deserialize)]
struct Map {
    asserts: Vec<Vec<String>>,
    assumes: Vec<Vec<String>>,
}

/// ABC inside an environment, which comes with the wheel of Yosys for Python.
fn abc(environment: &Path) -> Option<PathBuf> {
    let pythons = environment.join("lib").read_dir().ok()?;
    pythons
        .flatten()
        .map(|python| python.path().join("site-packages/pyosys/yosys-abc"))
        .find(|path| path.is_file())
}

fn io(path: &Path, source: std::io::Error) -> FormalError {
    FormalError::Io {
        path: path.to_owned(),
        source,
    }
}

fn run(
    tool: &'static str,
    proof: &str,
    mut command: Command,
    directory: &Path,
) -> Result<String, FormalError> {
    let output = command
        .current_dir(directory)
        .output()
        .map_err(|source| io(Path::new(command.get_program()), source))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    let said = text + &String::from_utf8_lossy(&output.stderr);
    Err(FormalError::Tool {
        tool,
        proof: proof.to_owned(),
        directory: directory.to_owned(),
        output: tail(&said),
    })
}

/// The last lines of a text.
pub(super) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(4)..].join("; ")
}
