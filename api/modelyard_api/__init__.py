"""The contract of Modelyard: both custom resources and everything that crosses a process boundary. Pure, no I/O."""
