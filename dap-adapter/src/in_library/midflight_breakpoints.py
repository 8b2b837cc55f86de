"""Sets breakpoints in one library.

For a breakpoint by file and line LLDB looks through the compile units of all libraries, which takes it half a
millisecond where libc has debug information. A file of a patch is in that patch only.
"""

import json

import lldb


def __lldb_init_module(debugger, _dictionary):
    debugger.HandleCommand("command script add -f %s.put midflight-breakpoints" % __name__)


def put(debugger, request, result, _dictionary):
    """Deletes breakpoints by their numbers, sets others, and says what became of these, as the protocol has it."""
    request = json.loads(request)
    target = debugger.GetSelectedTarget()
    for number in request["delete"]:
        target.BreakpointDelete(number)
    library = lldb.SBFileSpecList()
    library.Append(lldb.SBFileSpec(request["library"], False))
    source = lldb.SBFileSpec(request["path"], False)
    answers = [_set(target, library, source, wanted) for wanted in request["breakpoints"]]
    # What is printed would be the program's output to lldb-dap.
    result.AppendMessage(json.dumps(answers))


def _set(target, library, source, wanted):
    point = target.BreakpointCreateByLocation(source, wanted["line"], wanted.get("column", 0), 0, library)
    if wanted.get("condition"):
        point.SetCondition(wanted["condition"])
    hits = str(wanted.get("hitCondition", ""))
    if hits.isdigit() and int(hits) > 0:
        point.SetIgnoreCount(int(hits) - 1)
    answer = {"id": point.GetID(), "verified": point.GetNumResolvedLocations() > 0}
    place = point.GetLocationAtIndex(0).GetAddress().GetLineEntry()
    if place.IsValid():
        answer["line"] = place.GetLine()
        answer["column"] = place.GetColumn()
    return answer
