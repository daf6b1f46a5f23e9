//! `rowfuse demo`: from nothing to the proof: a photograph, an untrained VGG16, int8, a plan, the first fused group on the emitted
//! Verilog and the whole network on the functional board.

use super::outcome::{Kept, Outcome};
use super::plan::layer_table;
use crate::cli::{Context, Failure, Report};
use clap::Args;
use rowfuse::boards::Kind;
use rowfuse::classify::ClassNames;
use rowfuse::fault::Exit;
use rowfuse::network::Network;
use rowfuse::plan::{self, PlanOptions};
use rowfuse::quantise::{self, Options};
use rowfuse::report::{self, Collector};
use rowfuse::run::Verify;
use rowfuse::weights::{self, Model, TensorFile};
use rowfuse::{atomic, image};
use serde_json::{json, Value};
use std::path::{Path, PathBuf};

/// The photograph that is classified, and another for calibration; see `CREDITS.md` beside them.
const PHOTOGRAPHS: [(&str, &[u8]); 2] = [
    (
        "china.jpg",
        include_bytes!("../../../testbench/data/china.jpg"),
    ),
    (
        "flower.jpg",
        include_bytes!("../../../testbench/data/flower.jpg"),
    ),
];
/// The convolutions of VGG16's first fused group.
const FIRST_GROUP: usize = 2;
const ARCH: &str = "vgg16";

/// What its help ends with.
const EXAMPLES: &str = "Examples:
  rowfuse demo
  rowfuse demo --rtl gateware --output demo";

/// Arguments of `demo`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Demo {
    /// Where models and results are kept
    #[arg(long, value_name = "DIR", default_value = "target/demo")]
    output: PathBuf,
    /// Board for the first fused group
    #[arg(long, value_name = "BOARD", default_value = "verilated",
          value_parser = clap::builder::PossibleValuesParser::new(Kind::ALL.map(Kind::name)))]
    rtl: String,
}

impl Demo {
    /// Does it all.
    pub fn run(&self, context: &Context) -> Result<Report, Failure> {
        let progress = context.progress();
        let say = |text: String| {
            if !context.common.json && !context.common.quiet {
                context.bars.println(&text);
            }
        };
        let config = context.config()?;
        let rtl = Kind::named(&self.rtl).unwrap_or(Kind::Verilated);
        if let Some(reason) = rtl.unavailable() {
            return Err(Failure {
                code: "board.unavailable".into(),
                message: reason,
                help: "or run `rowfuse demo --rtl gateware`, which needs nothing but is slow"
                    .into(),
                exit: Exit::Board,
            });
        }
        std::fs::create_dir_all(&self.output)
            .map_err(|error| Failure::file(&self.output, "made", &error))?;

        let seed = context.common.seed;
        let float = self.output.join(format!("{ARCH}-{seed}.safetensors"));
        let network = Network::named(ARCH, None)
            .ok_or_else(|| Failure::internal(format!("no network is called {ARCH}")))?;
        if !self.is_model(&float, &network) {
            weights::write_random(&float, &network, seed, progress)?;
        }
        say(format!(
            "1. {ARCH} with untrained weights of seed {seed}: {}",
            float.display()
        ));

        let preprocess = image::Preprocess::for_input(network.input)?;
        let mut crops = Vec::new();
        for (name, bytes) in PHOTOGRAPHS {
            let photograph = image::decode(bytes, name)?;
            crops.push(image::centre_crop(&photograph, &preprocess));
        }
        let normalised = |crop| {
            image::normalise(
                crop,
                network.input.channels,
                &image::Normalisation::IMAGENET,
            )
        };
        let images: Vec<_> = crops.iter().map(normalised).collect();
        let mut model = Model::new(TensorFile::open(&float)?, &network)?;
        let options = Options {
            method: quantise::Method::Percentile(99.99),
            ..Options::default()
        };
        let quantised = quantise::quantise(&mut model, &images, &options, progress)?;
        let int8 = self.output.join(format!("{ARCH}-{seed}-int8.safetensors"));
        let sha256 = quantise::save(&int8, &quantised, progress)?;
        say(format!(
            "2. int8, calibrated on two photographs: {}",
            int8.display()
        ));

        let pixels = quantised.quantise_input(images[0].view());
        let first = PlanOptions {
            layers: Some(0..FIRST_GROUP),
            ..PlanOptions::default()
        };
        let first_plan = plan::plan(&quantised, &config, &first)?;
        let whole_plan = plan::plan(&quantised, &config, &PlanOptions::default())?;
        say(format!(
            "3. the plan for {}\n{}",
            config.name,
            layer_table(&whole_plan)
        ));

        let outcome = |kind, plan| {
            let data = Some(Collector::new(&crops[0])?);
            let kept = Kept { data, dump: None };
            let outcome = Outcome::kept(
                context,
                kind,
                &quantised,
                plan,
                &pixels,
                Verify::Layers,
                kept,
            )?;
            outcome.check().map(|()| outcome)
        };
        let on_rtl = outcome(rtl, &first_plan)?;
        say(format!(
            "4. conv1_1, conv1_2 and pool1 at 224×224 through the {} board\n{}",
            rtl.name(),
            on_rtl.table()
        ));

        let whole = outcome(Kind::Functional, &whole_plan)?;
        say(format!(
            "5. all thirteen convolutions and five pools on the functional board\n{}",
            whole.table()
        ));

        let names = ClassNames::for_classes(quantised.classes());
        let result = json!({
            "seed": seed, "photograph": PHOTOGRAPHS[0].0, "model_sha256": sha256, "config": config,
            "first_group": on_rtl.value(None), "whole": whole.value(names.as_ref()),
        });
        let [file, page] = ["run.json", "report.html"].map(|name| self.output.join(name));
        let report = Report {
            text: summary(&on_rtl, &whole, names.as_ref(), [&file, &page]),
            result,
        };
        let text = report.document("demo");
        atomic::write(&file, text.as_bytes())
            .map_err(|error| Failure::file(&file, "written", &error))?;
        let document = report::parse(text.as_bytes(), &file.display().to_string())?;
        super::report::write(&page, &document)?;
        Ok(report)
    }

    /// Whether an earlier run left the very model; writing it again would give the same bytes.
    fn is_model(&self, path: &Path, network: &Network) -> bool {
        TensorFile::open(path).is_ok_and(|file| Model::new(file, network).is_ok())
    }
}

fn summary(
    on_rtl: &Outcome,
    whole: &Outcome,
    names: Option<&ClassNames>,
    [file, page]: [&Path; 2],
) -> String {
    let top: Vec<String> = whole
        .top5(names)
        .iter()
        .map(|guess: &Value| match guess["name"].as_str() {
            Some(name) => format!("  {} {name}\n", guess["class"]),
            None => format!("  {}\n", guess["class"]),
        })
        .collect();
    let cycles = on_rtl.run.cycles().map_or(String::new(), |cycles| {
        let predicted = on_rtl.run.predicted_cycles();
        format!(
            " in {cycles} cycles ({:+.1}% predicted)",
            100.0 * (predicted as f64 / cycles as f64 - 1.0)
        )
    });
    format!(
        "{} mismatches: the photograph went through VGG16's first fused group on the {} board{cycles}, and through all of it on the functional \
         board, equal to the reference in every value.\ntop-5 classes, which mean nothing, for the weights are untrained:\n{}{}\n{}: all of it in pictures, for a browser",
        on_rtl.run.mismatches().unwrap_or(0) + whole.run.mismatches().unwrap_or(0),
        on_rtl.board,
        top.concat(),
        file.display(),
        page.display(),
    )
}
