"""The commands of the program itself, which work on every main screen: one line for each room."""

from __future__ import annotations

from textual.binding import Binding, BindingType

EVERYWHERE: list[BindingType] = [
    Binding("1,f2", "switch_mode('models')", "Models", show=False, id="app.models", tooltip="Show the models"),
    Binding("2,f3", "switch_mode('transcribe')", "Transcribe", show=False, id="app.transcribe", tooltip="Transcribe"),
    Binding("3,f4", "switch_mode('jobs')", "Jobs", show=False, id="app.jobs", tooltip="Show the jobs"),
    Binding("4", "switch_mode('measure')", "Measure", show=False, id="app.measure", tooltip="Show how models did"),
    Binding("f1,question_mark", "help", "Help", id="app.help", tooltip="About the focused widget, and all keys"),
    Binding("ctrl+p", "command_palette", "Commands", id="app.commands", priority=True, tooltip="All commands"),
    # Without priority: in a field a colon is a colon.
    Binding("colon", "command_palette", "Commands", show=False, id="app.commands", tooltip="All commands"),
    Binding("ctrl+o", "jump", "Jump", show=False, id="app.jump", priority=True, tooltip="Go to anything by a letter"),
    Binding("H", "tour", "Tour", show=False, id="app.tour", tooltip="Six lines on how one gets about"),
    Binding("f6", "toggle_dark", "Light or dark", show=False, id="app.dark", tooltip="Light or dark colours"),
    Binding("f8", "requests", "Requests", show=False, id="app.requests", tooltip="What the embedded API served"),
    Binding("f9", "toggle_api", "API on or off", show=False, id="app.api", tooltip="Serve the HTTP API from here"),
    Binding("f11,K", "keys", "API keys", show=False, id="app.keys", tooltip="Who may ask the API for what"),
    Binding("V", "vocabularies", "Vocabularies", show=False, id="app.vocabularies", tooltip="Words to expect"),
    Binding("E", "engines", "Engines", show=False, id="app.engines", tooltip="What can transcribe, what is missing"),
    Binding("S", "settings", "Settings", show=False, id="app.settings", tooltip="What is set, by whom, and what for"),
    Binding("C", "servers", "Servers", show=False, id="app.servers", tooltip="Work on another server"),
    Binding("D", "doctor", "Doctor", show=False, id="app.doctor", tooltip="What works, and what mends what does not"),
    Binding("L", "log", "Log", show=False, id="app.log", tooltip="What this program logs"),
    Binding("W", "watch", "Watch folders", show=False, id="app.watch", tooltip="Folders that are transcribed"),
    Binding("f12", "audit", "Audit", show=False, id="app.audit", tooltip="Who did what to models and jobs"),
    Binding("ctrl+r", "renew", "Renew", show=False, id="app.renew", tooltip="Ask again, and draw all of it anew"),
    # With priority: in every dialog and field too, as in any other program of a terminal.
    Binding(
        "ctrl+z",
        "suspend_process",
        "Suspend",
        show=False,
        id="app.suspend",
        priority=True,
        tooltip="Back to the shell",
    ),
    Binding("q,f10", "quit", "Quit", id="app.quit", tooltip="End the program"),
    # With priority: keys that arrive in one piece after it, as over a slow link, go where Tab led.
    Binding("tab", "next_field", "Next field", show=False, id="field.next", priority=True),
    Binding("shift+tab", "app.focus_previous", "Previous field", show=False, id="field.previous", priority=True),
    Binding("ctrl+c", "help_quit", "How to quit", show=False, system=True),
]
