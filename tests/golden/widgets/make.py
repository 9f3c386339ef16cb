"""The widget messages that ipywidgets and anywidget really send, for tests/kernel/widgets/golden.test.ts.

    python3 -m venv .venv && .venv/bin/pip install ipywidgets==8.1.9 anywidget==0.11.0
    .venv/bin/python tests/golden/widgets/make.py

Writes messages.json beside it: `defaults` (the opening state of every widget class that needs no arguments),
`scenarios` (everything sent, in order, while a few lines run; `same` points into `openings`, so that the
identical openings of layouts and styles are kept once). Ids are `#0`, `#1`, … in the order of their opening.
No kernel and no page: comms are replaced by ones that write down what is published.
"""

import base64
import datetime
import json
import pathlib

import comm
from comm.base_comm import BaseComm

sent = []


class RecordingComm(BaseComm):
    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        sent.append(
            {
                "type": msg_type,
                "id": self.comm_id,
                **({"target": keys["target_name"]} if "target_name" in keys else {}),
                "data": json.loads(json.dumps(data)),
                **({"metadata": metadata} if metadata else {}),
                **({"buffers": [base64.b64encode(bytes(b)).decode() for b in buffers]} if buffers else {}),
            }
        )


comm.create_comm = lambda *args, **kwargs: RecordingComm(*args, **kwargs)

import anywidget  # noqa: E402
import ipywidgets as w  # noqa: E402
import traitlets as t  # noqa: E402
from anywidget.experimental import command  # noqa: E402
from ipywidgets.widgets import widget as core  # noqa: E402
from ipywidgets.widgets.widget_controller import Axis  # noqa: E402
from ipywidgets.widgets.widget_controller import Button as ControllerButton  # noqa: E402


def page(widget, data, buffers=()):
    """What the page sends to a widget."""
    widget._handle_msg({"content": {"data": data}, "buffers": [memoryview(b) for b in buffers]})


def update(widget, buffers=(), paths=(), **state):
    page(widget, {"method": "update", "state": state, "buffer_paths": list(paths)}, buffers)


scenarios = {}


def scenario(run):
    scenarios[run.__name__] = run


@scenario
def int_slider():
    s = w.IntSlider(value=3, min=0, max=10, description="steps")
    s.value = 4
    s.value = 4
    s.value = 99
    update(s, value=7)
    update(s, value=77)
    s.max = 5
    s.style.handle_color = "red"
    s.layout.width = "50%"
    page(s, {"method": "request_state"})
    s.close()


@scenario
def float_sliders():
    w.FloatSlider(value=0.5, max=1.0, step=0.1)
    w.FloatLogSlider(value=5000, min=-3, max=3)
    r = w.FloatRangeSlider(min=1.0, max=3.0)
    r.value = (0.0, 2.0)
    r.max = 1.5
    w.IntRangeSlider(value=(2, 4), max=8)


@scenario
def hold_sync():
    s = w.IntSlider()
    with s.hold_sync():
        s.value = 1
        s.max = 50
        s.value = 2


@scenario
def observers():
    s = w.IntSlider()
    s.observe(lambda change: setattr(s, "value", 3 * (s.value // 3)), "value")
    update(s, value=6)
    update(s, value=7)


@scenario
def dropdown():
    d = w.Dropdown(options=[("one", 1), ("two", 2), ("three", 3)], value=2, description="n")
    d.value = 3
    d.label = "one"
    update(d, index=1)
    d.options = ["a", "b"]


@scenario
def selections():
    w.RadioButtons(options=["a", "b"])
    w.ToggleButtons(options=["a", "b"], tooltips=["A", "B"], icons=["check", ""])
    w.Select(options={"one": 1}, rows=3)
    m = w.SelectMultiple(options=["a", "b", "c"], value=["a", "c"])
    update(m, index=[1])
    m.value = ()
    w.SelectionSlider(options=["low", "high"], value="high")
    w.SelectionRangeSlider(options=["a", "b", "c"], index=(0, 2))


@scenario
def texts():
    x = w.Text("hello", placeholder="say")
    update(x, value="world")
    w.Textarea(rows=4)
    w.Password(value="secret")
    w.Combobox(options=["x", "y"], ensure_option=True)
    w.HTML("<b>x</b>")
    w.Label("y")


@scenario
def buttons():
    b = w.Button(description="Go", icon="fa-play", button_style="success", tooltip="start")
    b.on_click(lambda it: setattr(it, "disabled", True))
    page(b, {"method": "custom", "content": {"event": "click"}})
    c = w.Checkbox(True, description="on")
    update(c, value=False)
    w.ToggleButton(value=True)
    w.Valid(value=True)


@scenario
def boxes():
    a = w.Label("a")
    h = w.HBox([a, w.Label("b")])
    h.children = [a]
    h.add_class("mine")
    h.remove_class("mine")
    tab = w.Tab([a, h], titles=["one", "two"])
    update(tab, selected_index=1)
    w.Accordion([a], titles=["x"])
    w.Stack([a], selected_index=0)
    w.GridBox([], layout={"grid_template_columns": "1fr 1fr"})


@scenario
def layout():
    w.Layout(border="1px solid", width="10px")


@scenario
def pictures():
    i = w.Image(value=b"\x89PNG", width="10")
    i.value = b"\x00\x01"
    update(i, buffers=[b"\x07"], paths=[["value"]])


@scenario
def dates():
    d = w.DatePicker(value=datetime.date(2024, 2, 29), max=datetime.date(2024, 12, 31))
    update(d, value={"year": 2025, "month": 0, "date": 2})
    w.DatetimePicker(value=datetime.datetime(2024, 2, 29, 12, 30, 15, 250000, tzinfo=datetime.timezone.utc))
    w.TimePicker(value=datetime.time(12, 30))


@scenario
def upload():
    u = w.FileUpload(multiple=True)
    file = {"name": "a.txt", "type": "text/plain", "size": 2, "last_modified": 1500000000000}
    update(u, buffers=[b"hi"], paths=[["value", 0, "content"]], value=[file])


@scenario
def output():
    o = w.Output()
    o.append_stdout("a")
    o.append_stderr("b")


@scenario
def tags():
    g = w.TagsInput(value=["a"], allowed_tags=["a", "b"])
    update(g, value=["b"])
    w.IntsInput(value=[1, 2])


@scenario
def progress():
    p = w.IntProgress(value=1, max=4, bar_style="info")
    p.value = 2


@scenario
def links():
    a = w.IntSlider()
    b = w.IntSlider()
    w.jslink((a, "value"), (b, "value"))
    w.link((a, "value"), (b, "value"))
    update(a, value=9)


class Counter(anywidget.AnyWidget):
    _esm = "export default { render() {} }"
    _css = ".x { color: red }"
    count = t.Int(1).tag(sync=True)
    blob = t.Bytes(b"\x01\x02").tag(sync=True)
    nested = t.Dict({"rows": [{"data": b"\x03"}, 5]}).tag(sync=True)

    @command
    def double(self, msg, buffers):
        return msg * 2, [bytes(b) * 2 for b in buffers]


@scenario
def any_widget():
    c = Counter()
    c.count = 2
    update(c, count=5)
    update(c, buffers=[b"\x09"], paths=[["blob"]])
    c.send({"hello": 1}, [b"\x08"])
    request = {"id": "1", "kind": "anywidget-command", "name": "double", "msg": 4}
    page(c, {"method": "custom", "content": request}, [b"\x06"])


@scenario
def control():
    i = w.Image(value=b"\x05")
    core.Widget.handle_control_comm_opened(
        RecordingComm("jupyter.widget.control", primary=False, comm_id="control"), {"metadata": {"version": "1.0.0"}}
    )
    core.Widget._handle_control_comm_msg({"content": {"data": {"method": "request_states"}}})
    sent.append({"type": "embedded", "data": core.Widget.get_manager_state()})
    return i


def record(run):
    for one in list(core._instances.values()):
        one.close()
    sent.clear()
    kept = run()
    messages = json.loads(json.dumps(sent))
    del kept
    ids = {}
    for message in messages:
        if message["type"] == "comm_open":
            ids.setdefault(message["id"], f"#{len(ids)}")
    text = json.dumps(messages)
    for name, short in ids.items():
        text = text.replace(name, short)
    return json.loads(text)


def defaults():
    classes = [getattr(w, name) for name in dir(w)]
    classes = [one for one in classes if isinstance(one, type) and issubclass(one, core.Widget)]
    classes = [one for one in {*classes, Axis, ControllerButton} if not one._model_name.default_value.startswith("Any")]
    found = {}
    for cls in sorted(classes, key=lambda one: one._model_name.default_value):
        name = cls._model_name.default_value
        if name in ("WidgetModel", "DOMWidgetModel", "StyleModel", "LinkModel", "DirectionalLinkModel", "DescriptionModel"):
            continue
        if name in found:
            continue
        try:
            opened = [one for one in record(lambda cls=cls: cls()) if one["type"] == "comm_open"]
        except Exception as error:  # a selection that insists on options
            print("no default of", name, "-", error)
            continue
        found[name] = opened[-1]["data"]
    return found


def main():
    openings = []
    recorded = {}
    for name, run in scenarios.items():
        messages = []
        for message in record(run):
            if message["type"] == "comm_open" and message["data"]["state"].get("_view_module") == "@jupyter-widgets/base":
                body = {key: value for key, value in message.items() if key != "id"}
                if body not in openings:
                    openings.append(body)
                message = {"id": message["id"], "same": openings.index(body)}
            messages.append(message)
        recorded[name] = messages
    out = {
        "versions": {"ipywidgets": w.__version__, "anywidget": anywidget.__version__},
        "openings": openings,
        "defaults": defaults(),
        "scenarios": recorded,
    }
    lines = [
        f' "versions": {json.dumps(out["versions"])}',
        *(
            f' "{part}": {{\n' + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in out[part].items()) + "\n }"
            for part in ("defaults", "scenarios")
        ),
        ' "openings": [\n' + ",\n".join(f"  {json.dumps(one)}" for one in openings) + "\n ]",
    ]
    path = pathlib.Path(__file__).parent / "messages.json"
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(path.name, path.stat().st_size, "bytes;", len(out["defaults"]), "defaults")


if __name__ == "__main__":
    main()
