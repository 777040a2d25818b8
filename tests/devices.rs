//! Choosing what a network runs on.

mod support;

use support::{ok, run};

#[test]
#[cfg(not(all(feature = "cuda", feature = "wgpu")))]
fn a_device_that_was_not_built_is_refused_and_never_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let (f, out) = (support::fixture::fixture(), dir.path().join("run"));
    let device = if cfg!(feature = "cuda") { "wgpu" } else { "cuda" };
    support::refused(
        &[&"train", &f.config, &"--data", &f.data, &"--out", &out, &"--device", &device],
        &[&format!("--features {device}"), "--device cpu"],
    );
    assert!(!out.exists());
}

#[test]
fn an_unknown_device_name_is_a_wrong_command_line() {
    let ran = run(&[&"demo", &"--device", &"gpu"]);
    assert_eq!(ran.code, Some(2));
    ran.complains(&["gpu", "cpu, cuda or wgpu"]);
}

#[test]
fn the_cpu_passes_the_doctor() {
    let shown = ok(&[&"doctor"]).out;
    for part in ["scanseg", "--device cpu", "farthest point sampling", "same bits as the CPU"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

/// The rest needs a GPU, or a software renderer in its place.
#[cfg(any(feature = "cuda", feature = "wgpu"))]
mod gpu {
    use crate::support::files::{assert_same_tree, copy_tree};
    use crate::support::fixture::{VAL, fixture, mesh_file, train};
    use crate::support::{Arg, ok, program};
    use std::path::Path;

    /// Names of the GPUs that this build reaches.
    fn devices() -> Vec<String> {
        let devices = scanseg::devices().into_iter().map(|(name, _)| name.to_string());
        let devices: Vec<String> = devices.filter(|name| name != "cpu").collect();
        if devices.is_empty() {
            assert!(
                std::env::var_os("SCANSEG_REQUIRE_GPU").is_none(),
                "SCANSEG_REQUIRE_GPU is set, but there is no GPU"
            );
            println!("skipped: there is neither a GPU nor a software renderer");
        }
        devices
    }

    /// Losses of a run's steps.
    fn losses(run: &Path) -> Vec<f64> {
        let text = std::fs::read_to_string(run.join("metrics.jsonl")).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        lines.filter_map(|line| line["loss"].as_f64()).collect()
    }

    /// Dropout is drawn from the device's own generator, so it is left out where devices are compared.
    const SAME: [&str; 6] =
        ["--set", "model.dropout=0.0", "--set", "train.epochs=5", "--set", "train.evaluate_every=0"];

    fn train_on(run: &Path, device: &str, more: &[&str]) {
        let mut args: Vec<Arg> = vec![&"--device", &device];
        args.extend(SAME.iter().map(|a| a as Arg));
        args.extend(more.iter().map(|a| a as Arg));
        train(run, &args);
    }

    #[test]
    fn every_device_trains_like_the_cpu_and_twice_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let cpu = dir.path().join("cpu");
        train_on(&cpu, "cpu", &[]);
        for device in devices() {
            let [a, b] = ["a", "b"].map(|name| dir.path().join(format!("{}-{name}", device.replace(':', "-"))));
            train_on(&a, &device, &[]);
            train_on(&b, &device, &[]);
            assert_same_tree(&a, &b);
            let (found, right) = (losses(&a), losses(&cpu));
            assert_eq!((found.len(), right.len()), (10, 10));
            for (step, (a, b)) in found.iter().zip(&right).enumerate() {
                assert!((a - b).abs() < 1e-3 * b.abs().max(1.0), "step {step} on {device}: {a}, on the CPU {b}");
            }
        }
    }

    /// Distance of the tensors of two checkpoints whose names begin with these words, in all.
    fn distance(a: (&Path, &str), b: (&Path, &str)) -> f64 {
        let read = |run: &Path| std::fs::read(run.join("last.safetensors")).unwrap();
        let bytes = [a.0, b.0].map(read);
        let tensors = bytes.each_ref().map(|bytes| safetensors::SafeTensors::deserialize(bytes).unwrap());
        let mut squares = 0.0;
        for name in tensors[0].names().into_iter().filter_map(|name| name.strip_prefix(a.1)) {
            let [a, b] = [(&tensors[0], a.1), (&tensors[1], b.1)].map(|(tensors, kind)| {
                let tensor = tensors.tensor(&format!("{kind}{name}")).unwrap();
                let values = tensor.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()));
                values.collect::<Vec<_>>()
            });
            assert_eq!(a.len(), b.len(), "{name}");
            squares += a.iter().zip(&b).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>();
        }
        squares.sqrt()
    }

    #[test]
    fn averages_and_clipped_gradients_are_those_of_the_cpu() {
        let dir = tempfile::tempdir().unwrap();
        let cpu = dir.path().join("cpu");
        let keys = "train.optimizer={kind=\"adam-w\"}";
        let more = ["--set", "train.average=0.9", "--set", "train.clip_norm=0.1", "--set", keys];
        train_on(&cpu, "cpu", &more);
        let apart = distance((&cpu, "model."), (&cpu, "training."));
        assert!(apart > 0.0);
        for device in devices() {
            let run = dir.path().join(device.replace(':', "-"));
            train_on(&run, &device, &more);
            for kind in ["model.", "training."] {
                let found = distance((&run, kind), (&cpu, kind));
                assert!(found < 0.02 * apart, "{kind} on {device}: {found}, average and weights are {apart} apart");
            }
        }
    }

    #[test]
    fn a_checkpoint_scores_the_same_on_every_device() {
        let dir = tempfile::tempdir().unwrap();
        let (run, f) = (dir.path().join("run"), fixture());
        train_on(&run, "cpu", &[]);
        let on = |device: &str, protocol: &str| {
            let shown = ok(&[&"evaluate", &run, &"--data", &f.data, &"--device", &device, &"--protocol", &protocol]);
            shown.out.lines().take(12).map(str::to_owned).collect::<Vec<_>>()
        };
        for device in devices() {
            for protocol in ["pointnet2-v1", "scannet-benchmark"] {
                assert_eq!(on(&device, protocol), on("cpu", protocol), "{protocol} on {device}");
            }
            ok(&[&"predict", &run, &mesh_file(VAL), &"--out", &dir.path().join("labelled.ply"), &"--device", &device]);
        }
    }

    #[test]
    fn a_stopped_run_continues_on_another_device() {
        let dir = tempfile::tempdir().unwrap();
        let (whole, stopped) = (dir.path().join("whole"), dir.path().join("stopped"));
        let more = ["--set", "train.epochs=30"];
        train_on(&whole, "cpu", &more);
        let f = fixture();
        let mut args: Vec<Arg> = vec![&"train", &f.config, &"--data", &f.data, &"--out", &stopped];
        args.extend(SAME.iter().chain(&more).map(|a| a as Arg));
        let mut child = program(&args).spawn().unwrap();
        while !stopped.join("last.safetensors").exists() && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        let _ = child.kill();
        child.wait().unwrap();
        for device in devices() {
            let run = dir.path().join(device.replace(':', "-"));
            copy_tree(&stopped, &run);
            train_on(&run, &device, &[&more[..], &["--resume"]].concat());
            for (step, (a, b)) in losses(&run).iter().zip(losses(&whole)).enumerate() {
                assert!((a - b).abs() < 1e-3 * b.abs().max(1.0), "step {step} on {device}: {a}, on the CPU {b}");
            }
        }
    }
}
