"""Cells, technologies and probes as users write them, with other insides than ours."""

MEMBRANE = """\
* a membrane with names of one's own, and a MOS capacitor
.subckt dpi_membrane in v_mem v_th v_tau reset vdd vss c=10p
xa1 v_mem v_tau vss vss nfet w=0.5 l=10
xa2 vss v_th in vdd pfet w=2 l=1
xa3 v_mem v_mem in vdd pfet w=2 l=1
xa4 v_mem reset vss vss nfet w=0.42 l=10
xcap vdd v_mem vdd vdd pfet w=10 l=10 m=25
.ends dpi_membrane
"""


def wrapped_twice(text):
    """The wrappers of a technology's netlist with a subcircuit more around each transistor."""
    for kind in ("nfet", "pfet"):
        text = text.replace(f".subckt {kind} ", f".subckt inner_{kind} ")
        text = text.replace(f".ends {kind}", f".ends inner_{kind}")
        text += (
            f".subckt {kind} d g s b w=1 l=1 m=1 zvt=0 zb=0\n"
            f"xinner d g s b inner_{kind} w={{w}} l={{l}} m={{m}} zvt={{zvt}} zb={{zb}}\n"
            f".ends {kind}\n"
        )
    return text
