"""Sets breakpoints in one library.

For a breakpoint by file and line LLDB looks through the compile units of all libraries, which takes it half a
millisecond where libc has debug information. A file of a patch is in that patch only.
"""

import json

import lldb

# What was read last: LLDB forgets a library that nobody has.
_read = None

# The permissions of a section with data.
_WRITABLE = lldb.ePermissionsReadable | lldb.ePermissionsWritable


def __lldb_init_module(debugger, _dictionary):
    # By itself a command is synchronous: LLDB would wait in each `continue` while it runs. A breakpoint with a callback
    # that is hit meanwhile (lldb-dap's logpoints have one) takes that for what was before, and puts it back for good.
    debugger.HandleCommand("command script add -s current -f %s.run midflight-breakpoints" % __name__)


def run(debugger, request, result, _dictionary):
    """Does one of the following, and says what has become of breakpoints, as the protocol has it."""
    request = json.loads(request)
    what = {"read": _read_library, "set": _set, "find": _find, "check": _check, "drop": _drop}[request["do"]]
    # What is printed would be the program's output to lldb-dap.
    result.AppendMessage(json.dumps(what(debugger.GetSelectedTarget(), request)))


def _read_library(_target, request):
    """Reads a library that is not loaded yet."""
    global _read
    wanted = lldb.SBModuleSpec()
    wanted.SetFileSpec(lldb.SBFileSpec(request["library"], False))
    _read = lldb.SBModule(wanted)
    for index in range(_read.GetNumCompileUnits()):
        _read.GetCompileUnitAtIndex(index).GetNumLineEntries()
    return []


def _set(target, request):
    """Deletes breakpoints by their numbers, and sets others."""
    for number in request["gone"]:
        target.BreakpointDelete(number)
    libraries = lldb.SBFileSpecList()
    libraries.Append(lldb.SBFileSpec(request["library"], False))
    source = lldb.SBFileSpec(request["path"], False)
    return [_answer(_set_one(target, libraries, source, wanted)) for wanted in request["new"]]


def _find(target, request):
    """Finds breakpoints in the library that was read. LLDB looks for them when it learns where a part of the library
    will be; it sets no trap as long as it does not know that of the code."""
    data = _data_of(_read)
    target.SetSectionLoadAddress(data, data.GetFileAddress() + request["slide"])
    return [_answer(target.FindBreakpointByID(number)) for number in request["numbers"]]


def _check(target, request):
    """Those that have no trap, though they should."""
    points = [target.FindBreakpointByID(number) for number in request["numbers"]]
    return [_answer(point) for point in points if point.GetNumResolvedLocations() == 0]


def _drop(target, _request):
    """Forgets the library that was read."""
    global _read
    if _read:
        target.ClearSectionLoadAddress(_data_of(_read))
        target.RemoveModule(_read)
    _read = None
    return []


def _data_of(module):
    sections = (module.GetSectionAtIndex(index) for index in range(module.GetNumSections()))
    return next(section for section in sections if section.GetPermissions() & 7 == _WRITABLE)


def _set_one(target, libraries, source, wanted):
    point = target.BreakpointCreateByLocation(source, wanted["line"], wanted.get("column", 0), 0, libraries)
    if wanted.get("condition"):
        point.SetCondition(wanted["condition"])
    hits = str(wanted.get("hitCondition", ""))
    if hits.isdigit() and int(hits) > 0:
        point.SetIgnoreCount(int(hits) - 1)
    return point


def _answer(point):
    place = point.GetLocationAtIndex(0)
    entry = place.GetAddress().GetLineEntry()
    is_loaded = place.GetLoadAddress() != lldb.LLDB_INVALID_ADDRESS
    verified = point.GetNumResolvedLocations() > 0 if is_loaded else entry.IsValid()
    answer = {"id": point.GetID(), "verified": verified}
    if entry.IsValid():
        answer["line"] = entry.GetLine()
        answer["column"] = entry.GetColumn()
    return answer
