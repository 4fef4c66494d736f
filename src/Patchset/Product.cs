namespace EPortal.Format;

/// <summary>What a patchset patches.</summary>
public enum Product
{
    /// <summary>The Linux kernel.</summary>
    Kernel,

    /// <summary>Shared libraries of user space.</summary>
    User,

    /// <summary>QEMU.</summary>
    Qemu,

    /// <summary>Database servers.</summary>
    Db,
}

/// <summary>Names of products.</summary>
public static class Products
{
    /// <summary>All, in the order in which they are shown.</summary>
    public static IReadOnlyList<Product> All { get; } = [Product.Kernel, Product.User, Product.Qemu, Product.Db];

    /// <summary>The name in manifests and in the API: <c>kernel</c>, <c>user</c>, <c>qemu</c>, <c>db</c>.</summary>
    public static string Token(this Product product) =>
        product switch
        {
            Product.Kernel => "kernel",
            Product.User => "user",
            Product.Qemu => "qemu",
            _ => "db",
        };

    /// <summary>The name on the command line: <c>kcare</c>, <c>libcare</c>, <c>qemu</c>, <c>db</c>.</summary>
    public static string Verb(this Product product) =>
        product switch
        {
            Product.Kernel => "kcare",
            Product.User => "libcare",
            Product.Qemu => "qemu",
            _ => "db",
        };

    /// <summary>The name for people.</summary>
    public static string Title(this Product product) =>
        product switch
        {
            Product.Kernel => "KernelCare",
            Product.User => "LibCare",
            Product.Qemu => "QEMUcare",
            _ => "DBCare",
        };

    /// <summary>Reads what <see cref="Token"/> writes; false for anything else.</summary>
    public static bool TryParse(string token, out Product product)
    {
        foreach (var known in All)
        {
            if (known.Token() == token)
            {
                product = known;
                return true;
            }
        }

        product = default;
        return false;
    }
}
