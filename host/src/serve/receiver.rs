//! What is between the board's pins and its controller: the UART's queue and the deframer.

use rowfuse_hdl::link::uart::queue::DEPTH as QUEUE;
use rowfuse_spec::frame::Decoder;
use std::collections::VecDeque;

/// Frames the deframer holds: one that waits or is executed, and the next.
const FRAMES: usize = 2;

/// Bytes that wait until the controller takes their frame. Of a board that cannot send its replies as fast as requests come, what finds
/// the queue full is lost.
#[derive(Debug, Default)]
pub(super) struct Receiver {
    queue: VecDeque<u8>,
    decoder: Decoder,
    begun: Vec<u8>,
    frames: VecDeque<Vec<u8>>,
}

impl Receiver {
    /// A byte from the line; false if it was lost.
    pub(super) fn push(&mut self, byte: u8) -> bool {
        self.fill();
        let fits = self.queue.len() < QUEUE;
        if fits {
            self.queue.push_back(byte);
        }
        self.fill();
        fits
    }

    /// What the controller takes next: a frame, or what cannot become one.
    pub(super) fn pop(&mut self) -> Option<Vec<u8>> {
        self.fill();
        let next = self.frames.pop_front();
        self.fill();
        next
    }

    /// Bytes of a frame that has begun are handed on as well: they cost the controller nothing, and their silence is the device's.
    pub(super) fn pop_begun(&mut self) -> Vec<u8> {
        if self.frames.is_empty() {
            std::mem::take(&mut self.begun)
        } else {
            Vec::new()
        }
    }

    /// Silence: drops a frame that has begun.
    pub(super) fn silence(&mut self) {
        if self.queue.is_empty() {
            self.decoder.reset();
            self.begun.clear();
        }
    }

    fn fill(&mut self) {
        while self.frames.len() < FRAMES {
            let Some(byte) = self.queue.pop_front() else {
                return;
            };
            self.begun.push(byte);
            if self.decoder.push(byte).is_some() {
                self.frames.push_back(std::mem::take(&mut self.begun));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rowfuse_spec::frame::Request;

    #[test]
    fn two_frames_and_a_queue_are_held_and_the_rest_is_lost() {
        let frame = Request::Info.frame(1).unwrap().encode().unwrap();
        let mut receiver = Receiver::default();
        let sent = 200 * frame.len();
        let kept = frame
            .repeat(200)
            .into_iter()
            .filter(|&byte| receiver.push(byte))
            .count();
        assert_eq!(kept, FRAMES * frame.len() + QUEUE);
        assert!(kept < sent);
        assert_eq!(receiver.pop(), Some(frame.clone()));
        // A frame's place is free: so much more finds room.
        let more = frame.iter().filter(|&&byte| receiver.push(byte)).count();
        assert_eq!(more, frame.len());
    }

    #[test]
    fn what_is_no_frame_is_handed_on() {
        let mut receiver = Receiver::default();
        for byte in [0, 1, 0xA5, 9] {
            assert!(receiver.push(byte));
        }
        assert_eq!(receiver.pop(), None);
        assert_eq!(receiver.pop_begun(), [0, 1, 0xA5, 9]);
        receiver.silence();
        let frame = Request::Info.frame(2).unwrap().encode().unwrap();
        for &byte in &frame {
            receiver.push(byte);
        }
        assert_eq!(receiver.pop(), Some(frame));
    }
}
