"""Runs a command that loads a library which LLDB is told of otherwise.

The dynamic linker tells LLDB twice of each library that it loads. Each time LLDB stops the process and steps over its
breakpoint, and once it asks for the list of all libraries, which takes the longer the more patches there are. What
else came meanwhile is in the list at the next library.
"""

import re

import lldb

# The numbers of LLDB's own breakpoints in the dynamic linker; another process has others.
_known = []


def __lldb_init_module(debugger, _dictionary):
    # Not synchronous: see `midflight_breakpoints.py`.
    debugger.HandleCommand("command script add -s current -f %s.run midflight-unobserved" % __name__)


def run(debugger, command, result, _dictionary):
    """Runs the command, and prints what it prints."""
    events = [event for event in _events(debugger) if event.IsEnabled()]
    for event in events:
        event.SetEnabled(False)
    try:
        answer = _answer(debugger, command)
    finally:
        for event in events:
            event.SetEnabled(True)
    if answer.Succeeded():
        result.AppendMessage(answer.GetOutput() or "")
    else:
        result.SetError(answer.GetError() or "it failed")


def _events(debugger):
    target = debugger.GetSelectedTarget()
    if not _known or not all(target.FindBreakpointByID(number).IsValid() for number in _known):
        # The kind of a breakpoint is in what LLDB prints only.
        listed = _answer(debugger, "breakpoint list --internal").GetOutput() or ""
        _known[:] = map(int, re.findall(r"^Kind: shared-library-event\n(-\d+):", listed, re.MULTILINE))
    return [target.FindBreakpointByID(number) for number in _known]


def _answer(debugger, command):
    answer = lldb.SBCommandReturnObject()
    debugger.GetCommandInterpreter().HandleCommand(command, answer)
    return answer
