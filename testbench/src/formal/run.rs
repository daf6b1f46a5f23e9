//! Runs a proof with its covers and mutants.

use super::error::FormalError;
use super::proof::{Method, Proof, Question, Source};
use super::report::{Cover, Outcome, Report, Verdict};
use super::tools::{tail, Graph, Tools};
use std::time::Instant;

/// Seconds after which reachability gives up.
const LIMIT: u32 = 600;

/// Proves, reaches and refutes everything that `proof` names.
///
/// # Errors
/// When a tool is at fault; a claim that does not hold is no error but a [`Verdict`].
pub fn run(tools: &Tools, proof: &Proof) -> Result<Report, FormalError> {
    let start = Instant::now();
    let graph = graph(tools, proof, &proof.source, proof.name, Question::Holds)?;
    let verdict = prove(tools, proof, &graph)?;
    let covers = covers(tools, proof)?;
    let mut mutants = Vec::new();
    for (index, mutant) in proof.mutants.iter().enumerate() {
        let source = mutant.source(proof.name, proof.searched())?;
        let name = format!("{}-{index}", proof.name);
        let graph = self::graph(tools, proof, &source, &name, Question::Holds)?;
        let cycles = mutant.cycles().unwrap_or(proof.search);
        let missed = Verdict::Unknown {
            reason: format!("nothing is found in {cycles} cycles"),
        };
        let verdict = search(tools, &graph, cycles)?.verdict(missed);
        mutants.push(Outcome {
            mutant: mutant.what(),
            verdict,
        });
    }
    Ok(Report {
        name: proof.name,
        claim: proof.claim,
        file: proof.file,
        properties: graph.properties,
        assumptions: graph.assumptions,
        verdict,
        covers,
        mutants,
        seconds: start.elapsed().as_secs_f64(),
    })
}

fn graph(
    tools: &Tools,
    proof: &Proof,
    source: &Source,
    name: &str,
    question: Question,
) -> Result<Graph, FormalError> {
    let text = source.text(proof.name, question)?;
    tools.graph(name, &text, matches!(question, Question::Step(_)))
}

/// What a search of the first cycles finds.
enum Search {
    Refuted { property: String, cycle: u32 },
    Clean,
    GaveUp(String),
}

impl Search {
    /// The verdict, if a clean search says as much as `clean`.
    fn verdict(self, clean: Verdict) -> Verdict {
        match self {
            Search::Refuted { property, cycle } => Verdict::Refuted { property, cycle },
            Search::Clean => clean,
            Search::GaveUp(reason) => Verdict::Unknown { reason },
        }
    }
}

fn prove(tools: &Tools, proof: &Proof, graph: &Graph) -> Result<Verdict, FormalError> {
    let method = proof.method;
    let proved = Verdict::Proved { method };
    match method {
        Method::Bounded { cycles } => Ok(search(tools, graph, cycles)?.verdict(proved)),
        Method::Induction { k } => {
            let first = search(tools, graph, k)?;
            if !matches!(first, Search::Clean) {
                return Ok(first.verdict(proved));
            }
            let name = format!("{}-step", proof.name);
            let step = self::graph(tools, proof, &proof.source, &name, Question::Step(k))?;
            Ok(match search(tools, &step, k + 1)? {
                Search::Refuted { property, .. } => Verdict::Unknown {
                    reason: format!("'{property}' does not follow from {k} cycles before"),
                },
                other => other.verdict(proved),
            })
        }
        Method::Reachability => {
            let said = tools.solve(graph, &format!("orpos; scorr; pdr -T {LIMIT}"))?;
            if said.contains("Property proved") {
                return Ok(proved);
            }
            Ok(match said.lines().find_map(assertion) {
                Some((_, cycle)) => Verdict::Refuted {
                    property: graph.properties.join(" or "),
                    cycle,
                },
                None => Verdict::Unknown {
                    reason: tail(&said),
                },
            })
        }
    }
}

/// Looks for a counterexample in the first `cycles` cycles.
fn search(tools: &Tools, graph: &Graph, cycles: u32) -> Result<Search, FormalError> {
    let said = tools.solve(graph, &format!("bmc2 -T {LIMIT} -F {cycles}"))?;
    if let Some((property, cycle)) = asserted(graph, &said) {
        return Ok(Search::Refuted { property, cycle });
    }
    if said.contains(&format!(
        "Reached limit on the number of timeframes ({cycles})"
    )) {
        return Ok(Search::Clean);
    }
    Ok(Search::GaveUp(tail(&said)))
}

/// Every situation, each from power-up.
fn covers(tools: &Tools, proof: &Proof) -> Result<Vec<Cover>, FormalError> {
    let name = format!("{}-reach", proof.name);
    let graph = graph(tools, proof, proof.searched(), &name, Question::Reached)?;
    let mut covers = Vec::new();
    for (output, name) in graph.properties.iter().enumerate() {
        // One at a time: `bmc3 -a`, which looks for all, does not survive some graphs.
        let commands = format!(
            "&get; &cone -O {output}; &put; bmc2 -T {LIMIT} -F {}",
            proof.search
        );
        let said = tools.solve(&graph, &commands)?;
        covers.push(Cover {
            name: name.clone(),
            cycle: said.lines().find_map(assertion).map(|(_, cycle)| cycle),
        });
    }
    Ok(covers)
}

/// The first assertion that ABC tells of: the property and the cycle.
fn asserted(graph: &Graph, said: &str) -> Option<(String, u32)> {
    let (index, cycle) = said.lines().find_map(assertion)?;
    let property = graph.properties.get(index)?;
    Some((property.clone(), cycle))
}

/// The output and the frame of a line such as `Output 3 of miter "top" was asserted in frame 17.`
fn assertion(line: &str) -> Option<(usize, u32)> {
    let rest = line.split_once("Output ")?.1;
    let (output, rest) = rest.trim_start().split_once(' ')?;
    let frame = rest.split_once("was asserted in frame ")?.1.trim_start();
    let digits = frame
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(frame.len());
    Some((output.parse().ok()?, frame[..digits].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::assertion;

    #[test]
    fn lines_of_abc_are_understood() {
        let one = "Output 3 of miter \"top\" was asserted in frame 17. Time =     0.02 sec";
        assert_eq!(assertion(one), Some((3, 17)));
        let many = "Output  0 was asserted in frame  1 (solved  1 out of 39 outputs).";
        assert_eq!(assertion(many), Some((0, 1)));
        assert_eq!(assertion("No output asserted in 3 frames."), None);
    }
}
