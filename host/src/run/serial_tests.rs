//! A small network through the serial board, over TCP.

use super::testing::{check_result, fused, planned_and_run};
use super::*;
use crate::network::Shape;
use crate::plan::testing::random;
use crate::plan::Fusion;
use crate::serial::{Options, Port, SerialBoard};
use rowfuse_spec::config::preset;
use rowfuse_testbench::board::FunctionalBoard;
use std::io::{Read, Write};
use std::net::TcpListener;

#[test]
fn a_network_over_a_line_equals_the_golden_model() {
    let config = preset("small-2").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut far = FunctionalBoard::new(config.clone()).unwrap();
    // It takes long to find out who it is, and nobody waits for that on a line.
    assert!(far.request(rowfuse_spec::frame::KIND_INFO, &[]).is_ok());
    let serving = std::thread::spawn(move || {
        let (mut host, _) = listener.accept().unwrap();
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = host.read(&mut buffer) {
            if host
                .write_all(&far.exchange_bytes(&buffer[..read]))
                .is_err()
            {
                break;
            }
        }
    });
    let layers = [(8, true), (6, false), (5, true)];
    let network = random(Shape::new(3, 20, 24), &layers, 11);
    let port = Port::parse(&format!("tcp:{address}")).unwrap();
    let board = SerialBoard::open(Box::new(port), &config, Options::default()).unwrap();
    let result = planned_and_run(&network, &config, &fused(Fusion::Auto), board);
    check_result(&result);
    assert!(!result.groups.is_empty() && result.read_bytes > 0);
    serving.join().unwrap();
}
