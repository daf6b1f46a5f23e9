use super::*;
use crate::network::Vgg;
use rowfuse_spec::config::preset;

#[test]
fn show_vgg16() {
    let network = testing::body(&Vgg::Vgg16.network(224), 1);
    let config = preset("ulx3s-85f").unwrap();
    for fusion in [Fusion::Auto, Fusion::Off] {
        let start = std::time::Instant::now();
        let plan = plan(
            &network,
            &config,
            &PlanOptions {
                layers: None,
                fusion,
            },
        )
        .unwrap();
        println!("planned in {:?}", start.elapsed());
        for g in &plan.groups {
            for l in &g.layers {
                let p = &l.prediction;
                println!("{:12} strips {:2} D {} cyc {:8} comp {:8} W {:7} T {:6} O {:7} I {:7} util {:.2} {:?} read {:8} write {:8} cmds {}", l.shape.name, g.strips, l.ring.ring_depth, p.cycles, p.compute_cycles, p.stall_weights, p.stall_tokens, p.stall_output, p.stall_interval, l.utilisation, l.bound, p.read_words, p.write_words, p.commands);
            }
            println!("   group {} cycles {}", g.name(), g.prediction.cycles);
        }
        println!(
            "total {:?} {} MB",
            plan.prediction(),
            plan.prediction().memory_bytes() as f64 / 1e6
        );
    }
}
