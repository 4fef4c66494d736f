using System.Runtime.Intrinsics;

namespace EPortal.Data;

/// <summary>
/// Stands for a state of the store: two that are equal are of the same state, whichever process has written since. To
/// get one costs no call of the database, so that it can be asked for with every request.
/// </summary>
internal readonly record struct CommitMark(Vector128<byte> First, Vector128<byte> Second, Vector128<byte> Third);
