//! What every error of the host can say about itself, beside its message.

use crate::progress::Interrupted;

/// Exit codes of the `rowfuse` command; the number is part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Exit {
    /// A fault of rowfuse itself.
    Internal = 1,
    /// The command line does not make sense.
    Usage = 2,
    /// No board, or the wrong one.
    Board = 3,
    /// The link failed or time ran out.
    Link = 4,
    /// A file or a value that was given cannot be used.
    Input = 5,
    /// Results differ from the reference.
    Comparison = 6,
    /// Stopped by Ctrl-C or a termination signal.
    Interrupted = 130,
}

impl Exit {
    /// The process's exit code.
    pub const fn code(self) -> u8 {
        self as u8
    }
}

/// An error that knows its stable code, what to do next and how the process should end.
///
/// `Display` says what went wrong, where, what was expected and what was found.
pub trait Fault: std::error::Error {
    /// Stable, dotted and lower case, such as `weights.missing_tensor`; for programs.
    fn code(&self) -> &'static str;
    /// The next step, one sentence; for people.
    fn help(&self) -> String;
    /// How the process ends if nobody handles this.
    fn exit(&self) -> Exit {
        Exit::Input
    }
}

impl Fault for Interrupted {
    fn code(&self) -> &'static str {
        "interrupted"
    }
    fn help(&self) -> String {
        "nothing half-written is left behind; run the command again".into()
    }
    fn exit(&self) -> Exit {
        Exit::Interrupted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_the_documented_ones() {
        let all = [
            (Exit::Internal, 1),
            (Exit::Usage, 2),
            (Exit::Board, 3),
            (Exit::Link, 4),
            (Exit::Input, 5),
            (Exit::Comparison, 6),
            (Exit::Interrupted, 130),
        ];
        for (exit, code) in all {
            assert_eq!(exit.code(), code);
        }
        assert_eq!(Interrupted.exit(), Exit::Interrupted);
    }
}
