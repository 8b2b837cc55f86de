"""Sets breakpoints in one library.

For a breakpoint by file and line LLDB looks through the compile units of all libraries, which takes it half a
millisecond where libc has debug information. A file of a patch is in that patch only.
"""

import json

import lldb

# What was read last: LLDB forgets a library that nobody has.
_read = None


def __lldb_init_module(debugger, _dictionary):
    # By itself a command is synchronous: LLDB would wait in each `continue` while it runs. A breakpoint with a callback
    # that is hit meanwhile (lldb-dap's logpoints have one) takes that for what was before, and puts it back for good.
    debugger.HandleCommand("command script add -s current -f %s.change midflight-breakpoints" % __name__)


def change(debugger, request, result, _dictionary):
    """Deletes breakpoints by their numbers, and sets others. Says what became of the early ones, set before the
    library was loaded, and of the new ones, as the protocol has it."""
    global _read
    request = json.loads(request)
    target = debugger.GetSelectedTarget()
    library = lldb.SBFileSpec(request["library"], False)
    if request.get("read"):
        _read = _read_library(library)
        return
    if request.get("drop"):
        _read = None
        target.RemoveModule(target.FindModule(library))
        return
    for number in request["gone"]:
        target.BreakpointDelete(number)
    early = [_answer(target.FindBreakpointByID(number)) for number in request["early"]]
    libraries = lldb.SBFileSpecList()
    libraries.Append(library)
    source = lldb.SBFileSpec(request["path"], False)
    new = [_set(target, libraries, source, wanted) for wanted in request["new"]]
    # What is printed would be the program's output to lldb-dap.
    result.AppendMessage(json.dumps({"early": early, "new": new}))


def _read_library(library):
    wanted = lldb.SBModuleSpec()
    wanted.SetFileSpec(library)
    module = lldb.SBModule(wanted)
    for index in range(module.GetNumCompileUnits()):
        module.GetCompileUnitAtIndex(index).GetNumLineEntries()
    return module


def _set(target, libraries, source, wanted):
    point = target.BreakpointCreateByLocation(source, wanted["line"], wanted.get("column", 0), 0, libraries)
    if wanted.get("condition"):
        point.SetCondition(wanted["condition"])
    hits = str(wanted.get("hitCondition", ""))
    if hits.isdigit() and int(hits) > 0:
        point.SetIgnoreCount(int(hits) - 1)
    return _answer(point)


def _answer(point):
    answer = {"id": point.GetID(), "verified": point.GetNumResolvedLocations() > 0}
    place = point.GetLocationAtIndex(0).GetAddress().GetLineEntry()
    if place.IsValid():
        answer["line"] = place.GetLine()
        answer["column"] = place.GetColumn()
    return answer
