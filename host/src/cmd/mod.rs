//! One file a verb.

mod accuracy;
mod batch;
mod bench;
mod bitstream;
mod blocks;
mod compare;
mod completions;
mod demo;
mod image_files;
mod info;
mod layers;
mod line;
mod list;
mod load;
mod load_module;
mod man;
mod method;
mod model;
mod outcome;
mod plan;
mod program;
mod quantize;
mod report;
mod run;
mod run_bar;
mod selftest;
mod serve;
mod trace;

use crate::cli::{Context, Failure, Report};
use clap::Subcommand;

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Boards, configurations and networks
    List(list::List),
    /// Who a board says it is, or what a bitstream is
    Info(info::Info),
    /// Program a board with a bitstream, through openFPGALoader, fujprog or, with --board ok:SERIAL, FrontPanel
    ///
    /// Only a bitstream that a manifest.toml beside it lists, whose bytes are the listed ones and that met its timing is loaded; into
    /// a module also what no manifest lists, as no bitstream for modules comes with rowfuse.
    Load(load::Load),
    /// Float models: make one from a seed
    #[command(subcommand)]
    Model(model::Model),
    /// Turn float weights into the engine's integers, with a few photographs for calibration
    Quantize(quantize::Quantize),
    /// Programs, memory map and predictions for a network on an engine
    Plan(plan::PlanArgs),
    /// The commands of a plan, in words
    Program(program::Program),
    /// Photographs through a network on a board, compared with the golden model
    Run(run::Run),
    /// A page of HTML that shows a run: time, memory, maps and what differs
    Report(report::Draw),
    /// The same run on two boards, which must agree in every value and counter
    Compare(compare::Compare),
    /// How often trained networks are right on labelled images: in floats, in int8 and on boards
    ///
    /// Every board's answer is compared with the golden model in every value.
    Accuracy(accuracy::Accuracy),
    /// A waveform of one tile on its way through the engine, for GTKWave or Surfer
    ///
    /// It is that of the emitted Verilog, so the board is `verilated` and --board need not be given. The model that can
    /// write waveforms is compiled the first time.
    Trace(trace::Trace),
    /// Random small networks on a board against the golden model
    Selftest(selftest::Selftest),
    /// Frames a second: of the array alone, with its memory, and with the serial link
    ///
    /// Nothing is timed: the figures are those of cycles, predicted or counted by the board, and of bytes on the line.
    Bench(bench::Bench),
    /// Offer a simulated board as a serial port or at a TCP port, with faults if wanted
    Serve(serve::Serve),
    /// A photograph through VGG16, from nothing to the proof
    Demo(demo::Demo),
    /// What a shell needs to complete verbs and flags, on stdout
    Completions(completions::Completions),
    /// Manual pages: rowfuse's own on stdout, or all of them in a directory
    Man(man::Man),
}

impl Verb {
    /// The verb's name in JSON documents.
    pub fn name(&self) -> &'static str {
        match self {
            Verb::List(_) => "list",
            Verb::Info(_) => "info",
            Verb::Load(_) => "load",
            Verb::Model(model::Model::New(_)) => "model new",
            Verb::Quantize(_) => "quantize",
            Verb::Plan(_) => "plan",
            Verb::Program(_) => "program",
            Verb::Run(_) => "run",
            Verb::Report(_) => "report",
            Verb::Compare(_) => "compare",
            Verb::Accuracy(_) => "accuracy",
            Verb::Trace(_) => "trace",
            Verb::Selftest(_) => "selftest",
            Verb::Bench(_) => "bench",
            Verb::Serve(_) => "serve",
            Verb::Demo(_) => "demo",
            Verb::Completions(_) => "completions",
            Verb::Man(_) => "man",
        }
    }

    /// Does it.
    pub fn run(&self, context: &Context) -> Result<Report, Failure> {
        match self {
            Verb::List(list) => list.run(context),
            Verb::Info(info) => info.run(context),
            Verb::Load(load) => load.run(context),
            Verb::Model(model::Model::New(new)) => new.run(context),
            Verb::Quantize(quantize) => quantize.run(context),
            Verb::Plan(plan) => plan.run(context),
            Verb::Program(program) => program.run(context),
            Verb::Run(run) => run.run(context),
            Verb::Report(report) => report.run(context),
            Verb::Compare(compare) => compare.run(context),
            Verb::Accuracy(accuracy) => accuracy.run(context),
            Verb::Trace(trace) => trace.run(context),
            Verb::Selftest(selftest) => selftest.run(context),
            Verb::Bench(bench) => bench.run(context),
            Verb::Serve(serve) => serve.run(context),
            Verb::Demo(demo) => demo.run(context),
            Verb::Completions(completions) => completions.run(context),
            Verb::Man(man) => man.run(context),
        }
    }
}
