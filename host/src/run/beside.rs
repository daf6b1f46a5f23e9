//! The golden model beside a stream: it computes an image's last map while the board does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;

use ndarray::Array3;
use rowfuse_testbench::board::BoardError;

use super::verify::{Differences, Reference};
use super::RunError;
use crate::plan::Plan;
use crate::progress::Progress;
use crate::quantise::QuantisedConv;

/// Does `work`, and compares beside it, on a thread of its own, the maps that it hands over with what the golden model makes of the images.
/// `work` hands over the plan's last map of each image, in order; that never waits for the golden model. `layers` and `images` are
/// those that [`super::run_stream`] gets.
///
/// Gives what `work` gives, and the differences of every map handed over.
///
/// # Errors
/// If an image does not fit the layers, or `progress` is interrupted.
pub fn compare_beside<R>(
    plan: &Plan,
    layers: &[QuantisedConv],
    images: &[Array3<u8>],
    progress: &dyn Progress,
    work: impl FnOnce(&mut dyn FnMut(Array3<u8>)) -> R,
) -> (R, Result<Vec<Differences>, RunError>) {
    let given_up = AtomicBool::new(false);
    thread::scope(|scope| {
        let (sender, maps) = channel::<Array3<u8>>();
        let given_up = &given_up;
        let golden = scope.spawn(move || {
            let mut found = Vec::with_capacity(images.len());
            for image in images {
                let Some(reference) = reference(plan, layers, image, progress, given_up)? else {
                    break;
                };
                let Ok(map) = maps.recv() else {
                    break;
                };
                found.push(reference.compare(&map));
            }
            Ok(found)
        });
        let mut handed_over = 0;
        let result = work(&mut |map| {
            handed_over += 1;
            // After an error nobody listens, and it is reported in the end.
            let _ = sender.send(map);
        });
        // Nobody waits for images that the board has not come to.
        given_up.store(handed_over < images.len(), Ordering::Relaxed);
        drop(sender);
        match golden.join() {
            Ok(found) => (result, found),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// What the plan's last map of an image must be, or nothing if that is given up.
fn reference<'a>(
    plan: &Plan,
    layers: &'a [QuantisedConv],
    image: &Array3<u8>,
    progress: &dyn Progress,
    given_up: &AtomicBool,
) -> Result<Option<Reference<'a>>, RunError> {
    let mut reference = Reference::new(image, layers);
    for layer in plan.groups.iter().flat_map(|group| &group.layers) {
        if given_up.load(Ordering::Relaxed) {
            return Ok(None);
        }
        if progress.interrupted() {
            return Err(BoardError::Interrupted.into());
        }
        reference.advance(Some(layer.shape.block))?;
    }
    Ok(Some(reference))
}

#[cfg(test)]
#[path = "beside_tests.rs"]
mod tests;
