//! How the accelerator's parts are joined: link, memory, program, the three units, datapath, results, counters.

use super::Accelerator;
use crate::memory::MemoryClient;
use rust_hdl::prelude::*;

impl Logic for Accelerator {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(
            self,
            clock,
            link,
            arbiter,
            fetcher,
            load_queue,
            weight_queue,
            compute_queue,
            load_issue,
            weight_issue,
            compute_issue,
            semaphores,
            load_regs,
            weights_regs,
            params_regs,
            conv_regs,
            loader,
            weight_loader,
            writer,
            sequencer,
            pixels,
            weights,
            parameters,
            parameter_control,
            convolver,
            output_stage,
            output_control,
            counters
        );
        dff_setup!(
            self,
            clock,
            clear,
            run,
            run_addr,
            abort,
            put_load,
            put_weight,
            put_compute,
            fetched,
            load_put,
            load_word,
            weight_put,
            weight_word,
            compute_put,
            compute_word,
            give,
            take,
            output_full,
            outputs_done,
            failed
        );

        // Link.
        self.link.rx_valid.next = self.rx_valid.val();
        self.link.rx_data.next = self.rx_data.val();
        self.rx_ready.next = self.link.rx_ready.val();
        self.tx_valid.next = self.link.tx_valid.val();
        self.tx_data.next = self.link.tx_data.val();
        self.link.tx_ready.next = self.tx_ready.val();
        self.link.busy.next = self.fetcher.busy.val();
        self.link.program_status.next = self.fetcher.program_status.val();
        self.link.counter_value.next = self.counters.value.val();
        self.link.config_id.next = self.config_id.value.val();
        self.link.source_id.next = self.source_id.value.val();
        self.link.lanes.next = self.lanes.value.val();
        self.link.memory_kib.next = self.memory_kib.value.val();
        self.busy.next = self.fetcher.busy.val();
        self.failed.d.next = self.fetcher.program_status.val() >= self.first_error.value.val();
        self.program_failed.next = self.failed.q.val();
        self.link.reset.next = self.reset.val();
        self.rate.next = self.link.rate.val();
        self.rate_valid.next = self.link.rate_valid.val();
        self.frame_good.next = self.link.frame_good.val();
        self.frame_bad.next = self.link.frame_bad.val();

        // Memory.
        MemoryClient::link(&mut self.mem, &mut self.arbiter.memory);
        MemoryClient::join(&mut self.link.mem, &mut self.arbiter.link);
        MemoryClient::join(&mut self.fetcher.mem, &mut self.arbiter.fetch);
        MemoryClient::join(&mut self.loader.mem, &mut self.arbiter.features);
        MemoryClient::join(&mut self.weight_loader.mem, &mut self.arbiter.weights);
        MemoryClient::join(&mut self.writer.mem, &mut self.arbiter.writer);
        self.arbiter.abort.next = self.abort.q.val();

        // Program: a run begins with empty queues and zero semaphores.
        self.run.d.next = self.link.run.val();
        self.run_addr.d.next = self.link.run_addr.val();
        self.abort.d.next = self.link.abort.val();
        self.clear.d.next = self.abort.q.val() | self.run.q.val();
        self.fetcher.clear.next = self.abort.q.val();
        self.fetcher.run.next = self.run.q.val();
        self.fetcher.run_addr.next = self.run_addr.q.val();
        self.fetcher.room.next = (self.load_queue.level.val() <= self.room_level.value.val())
            & (self.weight_queue.level.val() <= self.room_level.value.val())
            & (self.compute_queue.level.val() <= self.room_level.value.val())
            & !(self.put_load.q.val() | self.put_weight.q.val() | self.put_compute.q.val());
        self.put_load.d.next = self.fetcher.put_load.val() & !self.clear.q.val();
        self.put_weight.d.next = self.fetcher.put_weight.val() & !self.clear.q.val();
        self.put_compute.d.next = self.fetcher.put_compute.val() & !self.clear.q.val();
        self.fetched.d.next = self.fetcher.word.val();
        self.fetcher.units_idle.next = self.load_issue.idle.val()
            & self.weight_issue.idle.val()
            & self.compute_issue.idle.val()
            & !self.load_queue.valid.val()
            & !self.weight_queue.valid.val()
            & !self.compute_queue.valid.val();
        self.semaphores.clear.next = self.clear.q.val();
        self.give.d.next = self.load_issue.give.val()
            | self.weight_issue.give.val()
            | self.compute_issue.give.val();
        self.take.d.next = self.load_issue.take.val()
            | self.weight_issue.take.val()
            | self.compute_issue.take.val();
        if self.clear.q.val() {
            self.give.d.next = 0.into();
            self.take.d.next = 0.into();
        }
        self.semaphores.give.next = self.give.q.val();
        self.semaphores.take.next = self.take.q.val();

        // Load unit.
        self.load_queue.clear.next = self.clear.q.val();
        self.load_queue.put.next = self.put_load.q.val();
        self.load_queue.data_in.next = self.fetched.q.val();
        self.load_queue.take.next = self.load_issue.put.val();
        self.load_issue.clear.next = self.clear.q.val();
        self.load_issue.queue_valid.next = self.load_queue.valid.val();
        self.load_issue.complete.next = self.load_regs.complete.val();
        self.load_issue.header.next = self.load_regs.header.val();
        self.load_issue.available.next = self.semaphores.available.val();
        self.load_issue.finished.next = self.loader.finished.val();
        self.load_regs.clear.next = self.clear.q.val();
        self.load_put.d.next = self.load_issue.put.val() & !self.clear.q.val();
        self.load_word.d.next = self.load_queue.data_out.val();
        self.load_regs.put.next = self.load_put.q.val();
        self.load_regs.word.next = self.load_word.q.val();
        self.loader.clear.next = self.clear.q.val();
        self.loader.start.next = self.load_issue.start.val();
        self.loader.address.next = bit_cast::<24, 16>(self.load_regs.address_low.val())
            | (bit_cast::<24, 16>(self.load_regs.address_high.val()) << 16);
        self.loader.sub_rows.next = self.load_regs.sub_rows.val();
        self.loader.groups.next = self.load_regs.groups.val();
        self.loader.sub_cols.next = self.load_regs.sub_cols.val();
        self.loader.base.next = self.load_regs.base.val();
        self.loader.row_pitch.next = self.load_regs.row_pitch.val();
        self.loader.channel_stride.next = self.load_regs.channel_stride.val();
        self.loader.ring_end.next = self.load_regs.ring_end.val();
        self.loader.row_address.next = self.load_regs.row_address.val();
        self.loader.row_bank.next = self.load_regs.row_bank.val();
        self.loader.gap.next = self.load_regs.gap.val();
        self.loader.port_free.next = !self.output_control.write.val();

        // Weight unit.
        self.weight_queue.clear.next = self.clear.q.val();
        self.weight_queue.put.next = self.put_weight.q.val();
        self.weight_queue.data_in.next = self.fetched.q.val();
        self.weight_queue.take.next = self.weight_issue.put.val();
        self.weight_issue.clear.next = self.clear.q.val();
        self.weight_issue.queue_valid.next = self.weight_queue.valid.val();
        self.weight_issue.complete.next = self.weights_regs.complete.val();
        self.weight_issue.header.next = self.weights_regs.header.val();
        self.weight_issue.available.next = self.semaphores.available.val();
        self.weight_issue.finished.next = self.weight_loader.finished.val();
        self.weights_regs.clear.next = self.clear.q.val();
        self.weight_put.d.next = self.weight_issue.put.val() & !self.clear.q.val();
        self.weight_word.d.next = self.weight_queue.data_out.val();
        self.weights_regs.put.next = self.weight_put.q.val();
        self.weights_regs.word.next = self.weight_word.q.val();
        self.params_regs.clear.next = self.clear.q.val();
        self.params_regs.put.next = self.weight_put.q.val();
        self.params_regs.word.next = self.weight_word.q.val();
        self.weight_loader.clear.next = self.clear.q.val();
        self.weight_loader.start.next = self.weight_issue.start.val();
        self.weight_loader.parameters.next =
            self.weights_regs.header.val().get_bits::<8>(0) == self.op_params.value.val();
        self.weight_loader.address.next = bit_cast::<24, 16>(self.weights_regs.address_low.val())
            | (bit_cast::<24, 16>(self.weights_regs.address_high.val()) << 16);
        self.weight_loader.entries.next = self.weights_regs.entries.val();
        self.weight_loader.index.next = self.params_regs.index.val();
        self.weight_loader.count.next = self.params_regs.count.val();
        self.weight_loader.cin.next = self.conv_regs.cin.val();
        self.weight_loader.group_done.next = self.sequencer.group_done.val();
        self.weight_loader.group_free.next = self.sequencer.group_free.val();
        self.weights.write.next = self.weight_loader.weight_write.val();
        self.weights.write_address.next = self.weight_loader.write_address.val();
        self.weights.write_word.next = self.weight_loader.write_word.val();
        self.weights.write_data.next = self.weight_loader.write_data.val();
        self.parameters.write.next = self.weight_loader.parameter_write.val();
        self.parameters.write_address.next = self.weight_loader.write_address.val();
        self.parameters.write_word.next = self.weight_loader.write_word.val().get_bits::<2>(0);
        self.parameters.write_data.next = self.weight_loader.write_data.val();

        // Compute unit.
        self.compute_queue.clear.next = self.clear.q.val();
        self.compute_queue.put.next = self.put_compute.q.val();
        self.compute_queue.data_in.next = self.fetched.q.val();
        self.compute_queue.take.next = self.compute_issue.put.val();
        self.compute_issue.clear.next = self.clear.q.val();
        self.compute_issue.queue_valid.next = self.compute_queue.valid.val();
        self.compute_issue.complete.next = self.conv_regs.complete.val();
        self.compute_issue.header.next = self.conv_regs.header.val();
        self.compute_issue.available.next = self.semaphores.available.val();
        self.compute_issue.finished.next = self.sequencer.finished.val();
        self.conv_regs.clear.next = self.clear.q.val();
        self.compute_put.d.next = self.compute_issue.put.val() & !self.clear.q.val();
        self.compute_word.d.next = self.compute_queue.data_out.val();
        self.conv_regs.put.next = self.compute_put.q.val();
        self.conv_regs.word.next = self.compute_word.q.val();
        self.is_pool.next = self.conv_regs.destination.val().get_bit(0);
        self.to_line_buffer.next = self.conv_regs.destination.val().get_bit(1);
        self.sequencer.clear.next = self.clear.q.val();
        self.sequencer.start.next = self.compute_issue.start.val();
        self.outputs_done.d.next = self.output_control.done.val() & self.writer.idle.val();
        self.sequencer.outputs_done.next = self.outputs_done.q.val();
        self.sequencer.cin.next = self.conv_regs.cin.val();
        self.sequencer.groups.next = self.conv_regs.groups.val();
        self.sequencer.tile_rows.next = self.conv_regs.tile_rows.val();
        self.sequencer.tile_cols.next = self.conv_regs.tile_cols.val();
        self.sequencer.in_base.next = self.conv_regs.in_base.val();
        self.sequencer.in_row_pitch.next = self.conv_regs.in_row_pitch.val();
        self.sequencer.in_channel_stride.next = self.conv_regs.in_channel_stride.val();
        self.sequencer.in_ring_end.next = self.conv_regs.in_ring_end.val();
        self.sequencer.in_row_address.next = self.conv_regs.in_row_address.val();
        self.sequencer.in_row_bank.next = self.conv_regs.in_row_bank.val();
        self.sequencer.first_row.next = self.conv_regs.first_row.val();
        self.sequencer.height.next = self.conv_regs.height.val();
        self.sequencer.width.next = self.conv_regs.width.val();
        self.sequencer.inset.next = self.conv_regs.inset.val();
        self.sequencer.weights_ready.next = self.weight_loader.weights_ready.val();
        self.output_full.d.next = self.writer.full.val();
        self.sequencer.output_full.next = self.output_full.q.val();

        // Datapath.
        for i in 0..9 {
            self.pixels.read_address[i].next = self.sequencer.address[i].val();
        }
        self.weights.read_address.next = self.sequencer.weight_address.val();
        self.convolver.enable.next = self.sequencer.enable.val();
        self.convolver.last.next = self.sequencer.last.val();
        self.convolver.row_bank.next = self.sequencer.row_bank.val();
        self.convolver.col_bank.next = self.sequencer.col_bank.val();
        self.convolver.row_inside.next = self.sequencer.row_inside.val();
        self.convolver.col_inside.next = self.sequencer.col_inside.val();
        self.convolver.pad.next = self.conv_regs.pad_value.val().get_bits::<8>(0);
        self.convolver.pixels.next = self.pixels.pixels.val();
        self.convolver.weights.next = self.weights.weights.val();
        self.output_stage.columns.next = self.convolver.columns.val();
        self.output_stage.first.next = self.convolver.first.val();
        self.output_stage.pool.next = self.is_pool.val();
        self.output_stage.bias9.next = self.parameters.parameters.val().get_bits::<35>(0);
        self.output_stage.shift.next = self.parameters.parameters.val().get_bits::<5>(40);
        self.output_stage.multiplier.next = self.parameters.parameters.val().get_bits::<16>(48);
        self.parameter_control.start.next = self.compute_issue.start.val();
        self.parameter_control.first.next = self.convolver.first.val();
        self.parameter_control.tile_rows.next = self.conv_regs.tile_rows.val();
        self.parameter_control.tile_cols.next = self.conv_regs.tile_cols.val();
        self.parameter_control.parameter_index.next = self.conv_regs.parameter_index.val();
        self.parameters.read_address.next = self.parameter_control.address.val();

        // Results.
        self.output_control.clear.next = self.clear.q.val();
        self.output_control.start.next = self.compute_issue.start.val();
        self.output_control.quad_valid.next = self.output_stage.valid.val();
        self.output_control.quad.next = self.output_stage.quad.val();
        self.output_control.groups.next = self.conv_regs.groups.val();
        self.output_control.tile_rows.next = self.conv_regs.tile_rows.val();
        self.output_control.tile_cols.next = self.conv_regs.tile_cols.val();
        self.output_control.pool.next = self.is_pool.val();
        self.output_control.to_line_buffer.next = self.to_line_buffer.val();
        self.output_control.out_base.next = self.conv_regs.out_base.val();
        self.output_control.out_row_pitch.next = self.conv_regs.out_lb_row_pitch.val();
        self.output_control.out_channel_stride.next = self.conv_regs.out_channel_stride.val();
        self.output_control.out_ring_end.next = self.conv_regs.out_ring_end.val();
        self.output_control.out_row_address.next = self.conv_regs.out_row_address.val();
        self.output_control.out_row_bank.next = self.conv_regs.out_row_bank.val();
        self.output_control.inset.next = self.conv_regs.inset.val();
        self.writer.clear.next = self.clear.q.val();
        self.writer.start.next = self.compute_issue.start.val();
        self.writer.store.next = self.output_control.store.val();
        self.writer.place.next = self.output_control.place.val();
        self.writer.quad.next = self.output_control.write_quad.val();
        self.writer.drop.next = self.output_control.drop.val();
        self.writer.tile_done.next = self.output_control.tile_done.val();
        self.writer.pool.next = self.is_pool.val();
        self.writer.tile_rows.next = self.conv_regs.tile_rows.val();
        self.writer.tile_cols.next = self.conv_regs.tile_cols.val();
        self.writer.out_address.next = bit_cast::<24, 16>(self.conv_regs.out_address_low.val())
            | (bit_cast::<24, 16>(self.conv_regs.out_address_high.val()) << 16);
        self.writer.out_group_pitch.next = bit_cast::<24, 16>(self.conv_regs.out_group_pitch.val());
        self.writer.out_row_pitch.next = bit_cast::<24, 16>(self.conv_regs.out_row_pitch_low.val())
            | (bit_cast::<24, 16>(self.conv_regs.out_row_pitch_high.val()) << 16);

        // The line buffer's write port: results first, loads when it is free.
        self.pixels.write.next = self.loader.write.val();
        self.pixels.quad.next = self.loader.quad.val();
        self.pixels.row0.next = self.loader.row0.val();
        self.pixels.row1.next = self.loader.row1.val();
        self.pixels.col0.next = self.loader.col0.val();
        self.pixels.col1.next = self.loader.col1.val();
        self.pixels.channel.next = self.loader.channel.val();
        self.pixels.row_bank.next = self.loader.out_row_bank.val();
        self.pixels.col_bank.next = self.loader.col_bank.val();
        if self.output_control.write.val() {
            self.pixels.write.next = true;
            self.pixels.quad.next = self.output_control.write_quad.val();
            self.pixels.row0.next = self.output_control.row0.val();
            self.pixels.row1.next = self.output_control.row1.val();
            self.pixels.col0.next = self.output_control.col0.val();
            self.pixels.col1.next = self.output_control.col1.val();
            self.pixels.channel.next = self.output_control.channel.val();
            self.pixels.row_bank.next = self.output_control.row_bank.val();
            self.pixels.col_bank.next = self.output_control.col_bank.val();
        }

        // Counters, in the order of `rowfuse_spec::counters::Counter`.
        self.counters.clear.next = self.run.q.val();
        self.counters.select.next = self.link.counter_select.val();
        self.counters.strobes[0].next = self.fetcher.busy.val();
        self.counters.strobes[1].next = self.sequencer.issued.val();
        self.counters.strobes[2].next = self.sequencer.stall_weights.val();
        self.counters.strobes[3].next = self.compute_issue.waiting.val();
        self.counters.strobes[4].next = self.sequencer.stall_output.val();
        self.counters.strobes[5].next = self.sequencer.stall_interval.val();
        self.counters.strobes[6].next = self.arbiter.read_words_strobe.val();
        self.counters.strobes[7].next = self.arbiter.write_words_strobe.val();
        self.counters.strobes[8].next = self.loader.sub_row_done.val();
        self.counters.strobes[9].next = self.sequencer.tile.val();
        self.counters.strobes[10].next = self.fetcher.command.val();
    }
}
