use rowfuse_spec::command::encode_program;
use rowfuse_spec::config::preset;
use rowfuse_spec::frame::{Decoder, Frame, Info, ReplyStatus, Request, Status};
use rowfuse_spec::EngineConfig;

use super::*;
use crate::board::test_plan::{Layer, Plan};
use crate::board::{FunctionalDevice, Gateware, SimulatedDevice, Verilated};
use crate::verilator::Toolchain;

fn tiny() -> EngineConfig {
    preset("tiny-1").unwrap()
}

/// The quick kinds of device that there are here, of the smallest configuration.
fn devices() -> Vec<Box<dyn Device>> {
    let config = tiny();
    let functional = FunctionalDevice::new(config.clone()).unwrap();
    let mut devices: Vec<Box<dyn Device>> = vec![Box::new(functional.with_work(1))];
    match Toolchain::find() {
        Ok(_) => {
            let board = Verilated::board(&config, &mut |_| {}).unwrap();
            devices.push(Box::new(SimulatedDevice::new(board)));
        }
        Err(error) => {
            let required = std::env::var_os("ROWFUSE_REQUIRE_VERILATOR").is_some();
            assert!(!required, "{error}");
        }
    }
    devices
}

/// Goes on until a reply is there.
fn reply(device: &mut dyn Device) -> Frame {
    let mut decoder = Decoder::new();
    for _ in 0..1_000 {
        if let Some(result) = decoder.push_all(&device.take()).pop() {
            return result.unwrap();
        }
        device.advance().unwrap();
    }
    panic!("no reply from {}", device.describe());
}

fn ask(device: &mut dyn Device, request: &Request) -> Frame {
    let frame = request.frame(7).unwrap();
    device.accept(&frame.encode().unwrap()).unwrap();
    reply(device)
}

fn settle(device: &mut dyn Device) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..10_000 {
        bytes.extend(device.take());
        if device.idle() {
            return bytes;
        }
        device.advance().unwrap();
    }
    panic!("{} does not rest", device.describe());
}

#[test]
fn requests_are_answered_and_then_it_rests() {
    let gateware = SimulatedDevice::new(Gateware::board(&tiny()).unwrap());
    let gateware: Box<dyn Device> = Box::new(gateware);
    for mut device in devices().into_iter().chain([gateware]) {
        let device = device.as_mut();
        assert!(device.idle(), "{}", device.describe());
        let info = ask(device, &Request::Info);
        assert_eq!(
            Info::decode(&info.payload).unwrap().config_id,
            tiny().id(),
            "{}",
            device.describe()
        );
        let data: Vec<u8> = (0..=255).collect();
        let write = Request::Write {
            address: 64,
            data: data.clone(),
        };
        assert_eq!(ask(device, &write).status, ReplyStatus::Ok as u8);
        let read = Request::Read {
            address: 64,
            length: 256,
        };
        assert_eq!(ask(device, &read).payload, data);
        assert!(settle(device).is_empty());
    }
}

#[test]
fn silence_drops_a_frame_that_has_begun_and_nothing_else() {
    for mut device in devices() {
        let device = device.as_mut();
        let frame = Request::Info.frame(1).unwrap().encode().unwrap();
        for cut in [1, 2, 5, 6, frame.len() - 1] {
            device.accept(&frame[..cut]).unwrap();
            assert!(settle(device).is_empty(), "a reply to {cut} bytes");
            device.silence().unwrap();
            assert_eq!(ask(device, &Request::Status).seq, 7);
            // Without silence the rest of the frame completes it.
            device.accept(&frame[..cut]).unwrap();
            settle(device);
            device.accept(&frame[cut..]).unwrap();
            assert_eq!(reply(device).seq, 1);
            settle(device);
        }
    }
}

/// A program whose only unit works long enough to be caught at it.
fn long_program() -> Vec<u8> {
    let layers = [Layer::random(8, 8, false, 3)];
    let plan = Plan::fused(tiny(), &layers, 16, 16, 3, 9, 4);
    encode_program(&plan.program).unwrap()
}

fn write(device: &mut dyn Device, address: u32, bytes: &[u8]) {
    for (index, data) in bytes.chunks(1024).enumerate() {
        let address = address + (1024 * index) as u32;
        let data = data.to_vec();
        ask(device, &Request::Write { address, data });
    }
}

fn start_long_program(device: &mut dyn Device) {
    write(device, 0, &long_program());
    ask(device, &Request::Run { address: 0 });
}

/// Its 147,456 multiplications are not a millisecond's work, unless it is told to take its time.
#[test]
fn plain_rust_does_a_short_program_in_one_slice() {
    let mut device = FunctionalDevice::new(tiny()).unwrap();
    start_long_program(&mut device);
    device.advance().unwrap();
    assert!(!device.busy());
}

#[test]
fn the_button_ends_the_program_and_leaves_the_memory() {
    for mut device in devices() {
        let device = device.as_mut();
        device.scramble(11);
        let read = Request::Read {
            address: 0x8000,
            length: 1024,
        };
        let noise = ask(device, &read).payload;
        assert!(noise.iter().any(|&byte| byte != noise[0]));
        start_long_program(device);
        assert!(device.busy(), "{}", device.describe());
        // The button comes in the middle of a frame, too.
        device.accept(&[0xA5, 1, 2]).unwrap();
        device.reset().unwrap();
        settle(device);
        let status = Status::decode(&ask(device, &Request::Status).payload).unwrap();
        assert!(!status.busy && !device.busy(), "{}", device.describe());
        assert_eq!(ask(device, &read).payload, noise);
        device.scramble(12);
        assert_ne!(ask(device, &read).payload, noise);
    }
}

#[test]
fn a_program_goes_right_after_the_button_has_ended_it() {
    let layers = [Layer::random(2, 3, false, 5), Layer::random(3, 2, false, 6)];
    let plan = Plan::fused(tiny(), &layers, 8, 8, 3, 9, 4);
    let run = Request::Run {
        address: plan.program_address,
    };
    for mut device in devices() {
        let device = device.as_mut();
        for (address, bytes) in &plan.memory {
            write(device, *address, bytes);
        }
        let program = encode_program(&plan.program).unwrap();
        write(device, plan.program_address, &program);
        for slices in [1, 2, 5, 14, 30, 47] {
            ask(device, &run);
            for _ in 0..slices {
                device.advance().unwrap();
            }
            device.reset().unwrap();
            settle(device);
        }
        let blank = vec![0xA5; plan.output.bytes() as usize];
        write(device, plan.output.base, &blank);
        ask(device, &run);
        settle(device);
        let (address, length) = (plan.output.base, blank.len() as u16);
        let bytes = ask(device, &Request::Read { address, length }).payload;
        let found = plan.output.unpack(&bytes).unwrap();
        assert_eq!(found, plan.expected(), "{}", device.describe());
    }
}

#[test]
fn the_noise_is_that_of_its_seed_on_every_device() {
    let read = Request::Read {
        address: 0,
        length: 64,
    };
    for mut device in devices() {
        device.scramble(5);
        let first = ask(device.as_mut(), &read).payload;
        device.scramble(6);
        assert_ne!(ask(device.as_mut(), &read).payload, first);
        device.scramble(5);
        assert_eq!(ask(device.as_mut(), &read).payload, first);
    }
}
