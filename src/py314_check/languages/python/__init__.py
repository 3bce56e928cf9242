"""Python source: libcst's tree, our own names and guards."""
