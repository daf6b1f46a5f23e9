//! `rowfuse program`: the commands of a plan, in words.

use super::run::read_plan;
use crate::cli::{Context, Failure, Report};
use clap::Args;
use rowfuse::fault::Exit;
use rowfuse_spec::command::disassemble_text;
use serde_json::json;
use std::path::PathBuf;

/// What its help ends with.
const EXAMPLES: &str = "Examples:
  rowfuse program plan.json
  rowfuse program plan.json --group 1";

/// Arguments of `program`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Program {
    /// Plan, as `rowfuse plan --output` writes it
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// Only this group, counted from 1
    #[arg(long, value_name = "NUMBER")]
    group: Option<usize>,
}

impl Program {
    /// Disassembles.
    pub fn run(&self, _context: &Context) -> Result<Report, Failure> {
        let plan = read_plan(&self.plan)?;
        if let Some(number) = self.group.filter(|n| *n == 0 || *n > plan.groups.len()) {
            return Err(Failure {
                code: "program.group".into(),
                message: format!(
                    "there is no group {number}: the plan has {}",
                    plan.groups.len()
                ),
                help: "leave --group out to see all".into(),
                exit: Exit::Usage,
            });
        }
        let mut text = String::new();
        let mut values = Vec::new();
        for (index, group) in plan.groups.iter().enumerate() {
            if self.group.is_some_and(|number| number != index + 1) {
                continue;
            }
            let listing = disassemble_text(&group.program);
            text += &format!(
                "group {}: {}, at {:#x}\n{listing}\n",
                index + 1,
                group.name(),
                group.program_address
            );
            values.push(json!({
                "group": index + 1, "name": group.name(), "address": group.program_address,
                "commands": listing.lines().collect::<Vec<_>>(),
            }));
        }
        Ok(Report {
            text,
            result: json!({ "network": plan.network, "groups": values }),
        })
    }
}
