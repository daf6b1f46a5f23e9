//! What went over the line.

/// Counted since the port was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Frames sent, repeated ones among them.
    pub frames_sent: u64,
    /// Frames sent again.
    pub frames_repeated: u64,
    /// Requests that were answered.
    pub answered: u64,
    /// Frames that arrived damaged.
    pub damaged: u64,
    /// Times the board said that a frame of ours arrived damaged.
    pub refused: u64,
    /// Good frames that were no reply to anything asked.
    pub skipped: u64,
    /// Frames of our own that came back.
    pub echoed: u64,
    /// Times a reply did not come in time.
    pub timeouts: u64,
    /// Bytes sent.
    pub bytes_sent: u64,
    /// Bytes received.
    pub bytes_received: u64,
    /// Data bytes of WRITEs that were answered.
    pub payload_sent: u64,
    /// Payload bytes of replies that were taken.
    pub payload_received: u64,
    /// Times the line was lost and came back.
    pub restarts: u64,
    /// Times another rate was agreed on.
    pub rate_changes: u64,
}

impl Stats {
    /// All of them by name.
    pub fn named(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("frames_sent", self.frames_sent),
            ("frames_repeated", self.frames_repeated),
            ("answered", self.answered),
            ("damaged", self.damaged),
            ("refused", self.refused),
            ("skipped", self.skipped),
            ("echoed", self.echoed),
            ("timeouts", self.timeouts),
            ("bytes_sent", self.bytes_sent),
            ("bytes_received", self.bytes_received),
            ("payload_sent", self.payload_sent),
            ("payload_received", self.payload_received),
            ("restarts", self.restarts),
            ("rate_changes", self.rate_changes),
        ]
    }
}
