//! A run's progress, measured in predicted cycles, so that the time left is that of the whole run.

use rowfuse::plan::Plan;
use rowfuse::progress::{Event as Shown, Progress, Unit};
use rowfuse::run::{Event, StreamEvent};

/// Shows the events of a run.
pub struct RunBar<'a> {
    progress: &'a dyn Progress,
    /// Predicted cycles of all groups.
    total: u64,
    /// Predicted cycles of the groups that are done.
    before: u64,
    /// Predicted cycles of the group that is running.
    group: u64,
    stage: Stage,
    /// What the bar shows.
    shown: u64,
}

/// Which bar there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Nothing,
    Uploading,
    Running,
}

impl<'a> RunBar<'a> {
    /// Nothing has happened yet.
    pub fn new(progress: &'a dyn Progress, plan: &Plan) -> RunBar<'a> {
        RunBar {
            progress,
            total: plan.prediction().cycles,
            before: 0,
            group: 0,
            stage: Stage::Nothing,
            shown: 0,
        }
    }

    /// The same for several images, each of which takes `cycles` predicted cycles.
    pub fn of_images(progress: &'a dyn Progress, cycles: u64, images: usize) -> RunBar<'a> {
        RunBar {
            progress,
            total: cycles * images as u64,
            before: 0,
            group: cycles,
            stage: Stage::Nothing,
            shown: 0,
        }
    }

    /// Shows an event of a stream.
    pub fn show_stream(&mut self, event: &StreamEvent) {
        match *event {
            // Another board of several is at work already.
            StreamEvent::Upload { .. } if self.stage == Stage::Running => {}
            StreamEvent::Upload { done, total } => {
                self.begin(Stage::Uploading, "uploading", total, Unit::Bytes);
                self.advance(done);
            }
            StreamEvent::Moved => {}
            StreamEvent::Again { ref reason } => {
                tracing::warn!("images without an output begin again: {reason}");
                self.stage = Stage::Nothing;
            }
            StreamEvent::Lost { board, ref reason } => {
                tracing::warn!("board {board} is lost, its images go to the others: {reason}");
            }
            StreamEvent::Running {
                index,
                tiles,
                total,
                cycles,
            } => {
                self.begin(Stage::Running, "running", self.total, Unit::Cycles);
                let within = within_group(self.group, cycles, tiles, total);
                self.advance(self.group * index as u64 + within);
            }
            StreamEvent::Output { index, .. } => {
                self.advance(self.group * (index as u64 + 1));
                if self.group * (index as u64 + 1) == self.total {
                    self.progress.end();
                }
            }
        }
    }

    /// Shows an event.
    pub fn show(&mut self, event: &Event<'_>) {
        match *event {
            Event::Upload { done, total } => {
                self.begin(Stage::Uploading, "uploading", total, Unit::Bytes);
                self.advance(done);
            }
            Event::Again { reason } => {
                tracing::warn!("the run begins again: {reason}");
                self.stage = Stage::Nothing;
                self.before = 0;
            }
            Event::Begin { group, .. } => {
                self.begin(Stage::Running, "running", self.total, Unit::Cycles);
                let name = group.name();
                tracing::info!(cycles = group.prediction.cycles, "{name}");
                self.progress.event(Shown::Item(&name));
                self.group = group.prediction.cycles;
            }
            Event::Running {
                tiles,
                total,
                cycles,
                ..
            } => {
                let within = within_group(self.group, cycles, tiles, total);
                self.advance(self.before + within);
            }
            // The bar stays where it is while the output is read back and compared.
            Event::LayOut { .. } | Event::Download { .. } => {}
            Event::End { .. } => {
                self.before += self.group;
                self.group = 0;
                self.advance(self.before);
                if self.before == self.total {
                    self.progress.end();
                }
            }
        }
    }

    fn begin(&mut self, stage: Stage, name: &str, total: u64, unit: Unit) {
        if self.stage != stage {
            self.progress.begin(name, total, unit);
            self.stage = stage;
            self.shown = 0;
        }
    }

    fn advance(&mut self, done: u64) {
        let by = done.saturating_sub(self.shown);
        self.progress.event(Shown::Advance(by));
        self.shown = self.shown.max(done);
    }
}

/// How far a group of `predicted` cycles is: by the cycles that the board counts, or by tiles if it has no clock.
fn within_group(predicted: u64, cycles: u64, tiles: u64, all_tiles: u64) -> u64 {
    if cycles > 0 {
        return cycles.min(predicted);
    }
    let share = u128::from(predicted) * u128::from(tiles) / u128::from(all_tiles.max(1));
    // It is at most `predicted`.
    (share as u64).min(predicted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;
    use rowfuse::plan::{plan, testing, Fusion, PlanOptions};
    use rowfuse::run::{run_plan, RunOptions};
    use std::ops::ControlFlow;
    use std::sync::Mutex;

    /// Keeps what it is told.
    #[derive(Default)]
    struct Kept(Mutex<Vec<String>>);

    impl Progress for Kept {
        fn event(&self, event: Shown<'_>) {
            self.0.lock().unwrap().push(format!("{event:?}"));
        }
    }

    #[test]
    fn a_group_fills_its_share() {
        assert_eq!(within_group(1000, 0, 0, 8), 0);
        assert_eq!(within_group(1000, 250, 7, 8), 250);
        assert_eq!(
            within_group(1000, 1200, 7, 8),
            1000,
            "slower than predicted"
        );
        assert_eq!(within_group(1000, 0, 2, 8), 250, "no clock");
        assert_eq!(within_group(0, 0, 0, 0), 0);
    }

    #[test]
    fn the_whole_run_is_one_bar_of_predicted_cycles() {
        let shape = rowfuse::network::Shape::new(3, 12, 9);
        let network = testing::random(shape, &[(5, false), (6, true)], 2);
        let config = rowfuse_spec::config::preset("small-2").unwrap();
        let options = PlanOptions {
            fusion: Fusion::Off,
            ..PlanOptions::default()
        };
        let plan = plan(&network, &config, &options).unwrap();
        let image: Array3<u8> = testing::image(shape, 3);
        let silent = &rowfuse::progress::Silent;
        let kind = rowfuse::boards::Kind::Functional;
        let mut client = rowfuse::boards::open(kind, &config, None, silent).unwrap();
        let kept = Kept::default();
        let mut bar = RunBar::new(&kept, &plan);
        run_plan(
            &mut client,
            &plan,
            &network.layers,
            &image,
            &RunOptions::default(),
            &mut |event| {
                bar.show(&event);
                ControlFlow::Continue(())
            },
        )
        .unwrap();
        let told = kept.0.into_inner().unwrap();
        let begins: Vec<usize> = (0..told.len())
            .filter(|i| told[*i].starts_with("Begin"))
            .collect();
        assert_eq!(begins.len(), 2, "{told:?}");
        let running = &told[begins[1]..];
        let total = plan.prediction().cycles;
        assert!(running[0].contains(&format!("total: {total}, unit: Cycles")));
        for group in &plan.groups {
            assert!(running.contains(&format!("Item({:?})", group.name())));
        }
        let steps = running
            .iter()
            .filter_map(|event| event.strip_prefix("Advance(")?.strip_suffix(')'));
        let sum: u64 = steps.map(|step| step.parse::<u64>().unwrap()).sum();
        assert_eq!(sum, total);
        assert_eq!(running.last().unwrap(), "End");
    }
}
