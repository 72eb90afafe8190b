// learning_logic: everything of the learning neuron that is logic
// law     pulse drives the synapse through the sign of the weight; its rise latches the decision,
//         INC and SL, its fall steps the weight: w <- w + 1 (INC), w (SL), w - 1 (neither: DEC),
//         saturating, in steps of 1/2^SUB_LSBS (see up_down_counter). SL goes before INC.
// ports   pulse                   in   spike of the plastic synapse, active-high, without bounce
//         win_inc win_sl          in   outcome of the comparison
//         load                    in   its rise, while pulse = 0, presets the weight to p
//         p                       in   preset, two's complement, steady while load = 1
//         pulse_exc pulse_inh     out  pulse steered by the sign
//         pulse_b                 out  complement of the pulse
//         m                       out  magnitude bits of the weight: |w| = m + sign
//         q                       out  weight, two's complement, q[5] = sign
//         q5_b                    out  complement of the sign
//         inc sl                  out  latched decision
// The counterpart of cells/learning_logic.cir, whose pin `input` is `pulse` here. The Schmitt
// trigger and the two clock phases of its pulse_interface are analog; edges take their place.
module learning_logic #(
    parameter SUB_LSBS = 0
) (
    input  wire       pulse,
    input  wire       win_inc,
    input  wire       win_sl,
    input  wire       load,
    input  wire [5:0] p,
    output wire       pulse_exc,
    output wire       pulse_inh,
    output wire       pulse_b,
    output wire [4:0] m,
    output wire [5:0] q,
    output wire       q5_b,
    output reg        inc,
    output reg        sl
);
    always @(posedge pulse) begin
        inc <= win_inc;
        sl  <= win_sl;
    end

    up_down_counter #(
        .SUB_LSBS(SUB_LSBS)
    ) counter (
        .clock(pulse_b),
        .stop (sl),
        .up   (inc),
        .load (load),
        .p    (p),
        .q    (q)
    );

    assign pulse_b = ~pulse;
    assign q5_b = ~q[5];
    assign pulse_exc = pulse & q5_b;
    assign pulse_inh = pulse & q[5];
    assign m = q[4:0] ^ {5{q[5]}};
endmodule
