// learning_logic_tb: plays cycles from a file to learning_logic, and compares all outputs
// A cycle is a line of binary numbers, separated by blanks:
//         load           1   the weight is preset before the pulse
//         p              6   the preset
//         at_rise        2   win_inc and win_sl at the pulse's rise
//         afterwards     2   the same from then on: what the latches must not follow
//         high           17  outputs expected while the pulse lasts
//         low            17  outputs expected after it
// outputs are pulse_exc, pulse_inh, pulse_b, m, q, q5_b, inc, sl.
// run     iverilog -g2005 -P learning_logic_tb.SUB_LSBS=2 -o tb learning_logic_tb.v \
//             learning_logic.v up_down_counter.v && vvp -n tb +cycles=FILE
//         With -DNETLIST it takes a synthesized learning_logic, which has no parameters any more.
//         +vcd=FILE writes the waveforms.
`timescale 1ns / 1ps
module learning_logic_tb;
    parameter SUB_LSBS = 0;
    localparam SHOWN = 5;

    reg pulse, win_inc, win_sl, load;
    reg [5:0] p;
    wire pulse_exc, pulse_inh, pulse_b, q5_b, inc, sl;
    wire [4:0] m;
    wire [5:0] q;
    wire [16:0] outputs = {pulse_exc, pulse_inh, pulse_b, m, q, q5_b, inc, sl};

    reg preset;
    reg [1:0] at_rise, afterwards;
    reg [16:0] high, low;
    reg [8*1024-1:0] path;
    integer file, fields, cycles, wrong;

`ifdef NETLIST
    learning_logic dut (
`else
    learning_logic #(
        .SUB_LSBS(SUB_LSBS)
    ) dut (
`endif
        .pulse    (pulse),
        .win_inc  (win_inc),
        .win_sl   (win_sl),
        .load     (load),
        .p        (p),
        .pulse_exc(pulse_exc),
        .pulse_inh(pulse_inh),
        .pulse_b  (pulse_b),
        .m        (m),
        .q        (q),
        .q5_b     (q5_b),
        .inc      (inc),
        .sl       (sl)
    );

    task expect_outputs(input [16:0] expected);
        if (outputs !== expected) begin
            wrong = wrong + 1;
            if (wrong <= SHOWN)
                $display("cycle %0d, pulse = %b: outputs %b, expected %b", cycles, pulse, outputs,
                         expected);
        end
    endtask

    task play;
        begin
            if (preset) begin
                #10 load = 1;
                #10 load = 0;
            end
            {win_inc, win_sl} = at_rise;
            #10 pulse = 1;
            #10 {win_inc, win_sl} = afterwards;
            #10 expect_outputs(high);
            pulse = 0;
            #10 expect_outputs(low);
        end
    endtask

    initial begin
        if (!$value$plusargs("cycles=%s", path)) path = "cycles.txt";
        file = $fopen(path, "r");
        if ($value$plusargs("vcd=%s", path)) begin
            $dumpfile(path);
            $dumpvars(0, learning_logic_tb);
        end
        {pulse, win_inc, win_sl, load, p} = 0;
        cycles = 0;
        wrong = 0;
        fields = 6;
        while (file && fields == 6) begin
            fields = $fscanf(file, "%b %b %b %b %b %b", preset, p, at_rise, afterwards, high, low);
            if (fields == 6) begin
                play;
                cycles = cycles + 1;
            end
        end
        if (!file || fields > 0 || !$feof(file))
            $display("the file of cycles is missing, or ends within a line");
        $display("%0d cycles, %0d outputs wrong", cycles, wrong);
        $finish;
    end
endmodule
