//! The link over an Opal Kelly host interface: two clocks, of which the engine's is the harness' and the host's an input that the stimulus moves.

mod golden;
pub mod parts;
pub mod pipes;
mod world;

#[test]
fn tmp() {
    parts::synchroniser();
    parts::buffer();
    parts::a_fast_writer();
    parts::a_fast_reader();
    parts::requests();
    parts::packer();
    parts::replies();
    pipes::a_host_and_an_engine_that_wait_at_random();
}
