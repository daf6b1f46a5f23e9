//! Progress bars on stderr.

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use rowfuse::progress::{Event, Progress, Unit};
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Mutex;
use std::time::Duration;

/// One bar for each stage, on a terminal; elsewhere nothing.
pub struct Bars {
    bar: Mutex<Option<ProgressBar>>,
    interrupted: &'static AtomicBool,
    hidden: bool,
}

impl Bars {
    /// Bars that stop the work once `interrupted` is set.
    pub fn new(interrupted: &'static AtomicBool, hidden: bool) -> Bars {
        Bars {
            bar: Mutex::new(None),
            interrupted,
            hidden,
        }
    }

    /// What is set once the work is to stop.
    pub fn flag(&self) -> &'static AtomicBool {
        self.interrupted
    }

    /// Removes a bar that was left by an error.
    pub fn clear(&self) {
        self.with(|bar| {
            if let Some(bar) = bar.take() {
                bar.finish_and_clear();
            }
        });
    }

    /// Prints a line on stderr, above a bar if there is one.
    pub fn println(&self, text: &str) {
        self.with(|bar| match bar {
            Some(bar) if !bar.is_hidden() => bar.println(text),
            // Without stderr there is nobody to tell.
            _ => drop(writeln!(std::io::stderr(), "{text}")),
        });
    }

    fn with(&self, act: impl FnOnce(&mut Option<ProgressBar>)) {
        // A panic while drawing spoils nothing that the next drawing needs.
        act(&mut self
            .bar
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner()));
    }

    fn bar(&self, stage: &str, total: u64, unit: Unit) -> ProgressBar {
        let target = if self.hidden {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let counts = match unit {
            Unit::Bytes => "{bytes}/{total_bytes}{left}",
            Unit::Cycles => "{percent:>3}%{left}",
            Unit::Steps => "{pos}/{len}",
        };
        let template = format!("{{prefix:>16}} [{{bar:30}}] {counts} {{msg}}");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            let left = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                let _ = out.write_str(&time_left(state.pos(), state.eta()));
            };
            bar.set_style(style.with_key("left", left).progress_chars("=> "));
        }
        bar.set_prefix(stage.to_owned());
        bar
    }
}

/// The time left in words, once there is something to judge it by.
fn time_left(done: u64, left: Duration) -> String {
    if done == 0 || left.is_zero() {
        return String::new();
    }
    format!(", {:#} left", HumanDuration(left))
}

impl Progress for Bars {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Begin { stage, total, unit } => {
                tracing::info!(total, "{stage}");
                let fresh = self.bar(stage, total, unit);
                self.with(|bar| {
                    if let Some(old) = bar.replace(fresh) {
                        old.finish_and_clear();
                    }
                });
            }
            Event::Item(item) => {
                tracing::debug!("{item}");
                self.with(|bar| bar.iter().for_each(|bar| bar.set_message(item.to_owned())));
            }
            Event::Advance(by) => self.with(|bar| bar.iter().for_each(|bar| bar.inc(by))),
            Event::End => self.clear(),
        }
    }

    fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_told_once_it_is_known() {
        let minutes = Duration::from_secs(180);
        assert_eq!(time_left(0, minutes), "");
        assert_eq!(time_left(5, Duration::ZERO), "");
        assert_eq!(time_left(5, minutes), ", 3m left");
    }
}
